import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { formatMoney, formatTime } from './format.ts';
import { zhCN } from './locales/zh-CN.ts';

export const LANGUAGES = ['zh-CN', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof zhCN };
    returnNull: false;
  }
}

const STORED = 'stallgrid.language';

/** What was chosen before, else Chinese: the market's first language, whatever the browser's. */
function startingLanguage(): Language {
  const stored = localStorage.getItem(STORED);
  return LANGUAGES.find((language) => language === stored) ?? 'zh-CN';
}

/** Chinese comes with the page; another language is fetched when it is first chosen. */
export async function chooseLanguage(language: Language): Promise<void> {
  if (language === 'en' && !i18next.hasResourceBundle('en', 'translation')) {
    const { en } = await import('./locales/en.ts');
    i18next.addResourceBundle('en', 'translation', en);
  }
  await i18next.changeLanguage(language);
  localStorage.setItem(STORED, language);
}

export async function startLanguage(): Promise<void> {
  const stored = startingLanguage();
  i18next.on('languageChanged', (language) => {
    document.documentElement.lang = language;
  });
  await i18next.use(initReactI18next).init({
    lng: 'zh-CN',
    supportedLngs: LANGUAGES,
    resources: { 'zh-CN': { translation: zhCN } },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  // Without the network the page still comes, in Chinese.
  if (stored !== 'zh-CN') await chooseLanguage(stored).catch(() => {});
  i18next.services.formatter?.add('instant', (at: string) => formatTime(at, zone, 'minute'));
  i18next.services.formatter?.add('money', (minor: string) => formatMoney(minor, currency));
}

let zone = 'UTC';
let currency = 'CNY';

/** Whose clock and money sentences speak of: `{{at, instant}}`, and `{{due, money}}` in minor units. */
export function speakOf(site: { readonly timeZone: string; readonly currency: string }): void {
  zone = site.timeZone;
  currency = site.currency;
}

export function languageOf(tag: string): Language {
  return tag === 'en' ? 'en' : 'zh-CN';
}
