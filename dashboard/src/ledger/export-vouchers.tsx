import { useTranslation } from 'react-i18next';
import { documentsApi } from '../api/documents.ts';
import { languageOf } from '../i18n.ts';
import { useSession } from '../session.tsx';
import { DownloadMenu } from '../ui/download-menu.tsx';

/** Vouchers of some days (`2026-10-01`), for the accounting system. */
export function ExportVouchers(days: { readonly from: string; readonly to: string }) {
  const { t, i18n } = useTranslation();
  const { site } = useSession();
  const lang = languageOf(i18n.language) === 'en' ? 'en' : 'zh';
  const save = (format: string) => () => documentsApi.vouchers({ site: site.id, ...days, format, lang });
  return (
    <DownloadMenu
      label={t('documents.vouchers')}
      files={[
        { label: t('documents.xlsx'), save: save('xlsx') },
        { label: t('documents.csv'), save: save('csv') },
      ]}
    />
  );
}
