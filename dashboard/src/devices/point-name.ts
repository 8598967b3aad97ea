import { useTranslation } from 'react-i18next';

/** A point's name in the language of the page; a profile's own point keeps the name that it has there. */
export function usePointName(): (point: string) => string {
  const { t, i18n } = useTranslation();
  return (point) => (i18n.exists(`point.${point}`) ? t(`point.${point}` as 'point.power') : point);
}
