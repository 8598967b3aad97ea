import { useTranslation } from 'react-i18next';
import type { TariffName } from '../../../domain/tariffs/definition.ts';
import { useTariffNames } from '../fee-lines/names.ts';
import { languageOf } from '../i18n.ts';

/** Under which key a tariff's names are in the language of the page. */
export function useLanguageKey(): keyof TariffName {
  return languageOf(useTranslation().i18n.language) === 'en' ? 'en' : 'zh';
}

/** What a component or band is called: by its own name, else by what its code commonly means, else by its code. */
export function useNameOf() {
  const language = useLanguageKey();
  const names = useTariffNames();
  type Named = { readonly code: string; readonly name?: TariffName | undefined };
  return {
    component: ({ code, name }: Named): string => name?.[language] || names.component(code),
    band: ({ code, name }: Named): string => name?.[language] || names.band(code),
  };
}
