import { useTranslation } from 'react-i18next';
import { useClassName } from '../gates/class-name.ts';

/** Codes that tariffs commonly use, in the languages of the page; any other code is shown as it is. */
const BANDS: Record<string, 'sharp' | 'peak' | 'flat' | 'valley' | 'deep' | 'all'> = {
  尖: 'sharp',
  sharp: 'sharp',
  峰: 'peak',
  peak: 'peak',
  平: 'flat',
  flat: 'flat',
  shoulder: 'flat',
  谷: 'valley',
  valley: 'valley',
  off_peak: 'valley',
  深谷: 'deep',
  deep: 'deep',
  all: 'all',
  '': 'all',
};

export function useTariffNames() {
  const { t, i18n } = useTranslation();
  const className = useClassName();
  return {
    band(code: string): string {
      const known = BANDS[code];
      if (known !== undefined) return t(`band.${known}`);
      const tier = /^t(\d+)$/.exec(code)?.[1];
      return tier === undefined ? className(code) : t('workings.tier', { n: tier });
    },
    component: (code: string): string =>
      i18n.exists(`component.${code}`) ? t(`component.${code}` as 'component.energy') : code,
  };
}
