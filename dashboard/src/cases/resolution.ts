import { useTranslation } from 'react-i18next';
import { zhCN } from '../locales/zh-CN.ts';

type Known = keyof typeof zhCN.cases.resolution;
const isKnown = (word: string): word is Known => word in zhCN.cases.resolution;

/** What was decided, in words; a word that the page does not know is shown as it is. */
export function useResolution(): (resolution: string | null) => string {
  const { t } = useTranslation();
  return (resolution) =>
    resolution === null ? '—' : isKnown(resolution) ? t(`cases.resolution.${resolution}`) : resolution;
}
