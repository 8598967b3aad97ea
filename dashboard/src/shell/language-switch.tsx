import { useTranslation } from 'react-i18next';
import { chooseLanguage, LANGUAGES, languageOf } from '../i18n.ts';

const NAMES = { 'zh-CN': '中文', en: 'English' } as const;

export function LanguageSwitch() {
  const { t, i18n } = useTranslation();
  const current = languageOf(i18n.language);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring a legend and a frame
    <div className="language" role="group" aria-label={t('language.switch')}>
      {LANGUAGES.map((language) => (
        <button
          key={language}
          type="button"
          lang={language}
          aria-pressed={language === current}
          onClick={() => void chooseLanguage(language).catch(() => {})}
        >
          {NAMES[language]}
        </button>
      ))}
    </div>
  );
}
