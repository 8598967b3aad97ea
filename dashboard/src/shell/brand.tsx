import { useTranslation } from 'react-i18next';

export function Brand({ tagline = false }: { readonly tagline?: boolean }) {
  const { t } = useTranslation();
  return (
    <span className="brand">
      <img src="/favicon.svg" alt="" width={tagline ? 40 : 26} height={tagline ? 40 : 26} />
      <span>
        <span className="brand-name">{t('app.name')}</span>
        {tagline && <span className="brand-tagline">{t('app.tagline')}</span>}
      </span>
    </span>
  );
}
