import { useTranslation } from 'react-i18next';

/** Online is ●, offline ○, stale is said in words: never colour alone. */
export function Online({ online, stale = false }: { readonly online: boolean; readonly stale?: boolean }) {
  const { t } = useTranslation();
  return (
    <span className="online-state">
      <span className={online ? 'online online-yes' : 'online online-no'}>
        <span aria-hidden="true">{online ? '●' : '○'}</span>
        {online ? t('device.online') : t('device.offline')}
      </span>
      {stale && (
        <span className="tag tag-stale" title={t('device.staleHint')}>
          {t('device.stale')}
        </span>
      )}
    </span>
  );
}
