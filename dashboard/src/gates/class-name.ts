import { useTranslation } from 'react-i18next';

/** Classes that the platform has names for; any other is shown as it is called. */
export const CLASSES = ['car', 'van', 'truck_light', 'truck_heavy', 'tricycle'] as const;

export function useClassName(): (code: string) => string {
  const { t } = useTranslation();
  return (code) => {
    const known = CLASSES.find((one) => one === code);
    return known ? t(`gates.class.${known}`) : code;
  };
}
