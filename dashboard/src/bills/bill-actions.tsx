import { useTranslation } from 'react-i18next';
import type { BillDetail } from '../../../contracts/bills.ts';
import { documentsApi } from '../api/documents.ts';
import { languageOf } from '../i18n.ts';
import { DownloadMenu } from '../ui/download-menu.tsx';
import type { BillFilter } from './bill-filters.tsx';

const useDocumentLanguage = (): 'zh' | 'en' =>
  languageOf(useTranslation().i18n.language) === 'en' ? 'en' : 'zh';

/** A bill's documents: on paper in both languages, its lines as a spreadsheet. */
export function BillActions({ bill }: { readonly bill: BillDetail }) {
  const { t } = useTranslation();
  const lang = useDocumentLanguage();
  return (
    <DownloadMenu
      label={t('documents.download')}
      files={[
        { label: t('documents.pdfZh'), save: () => documentsApi.billPdf(bill.id, 'zh') },
        { label: t('documents.pdfEn'), save: () => documentsApi.billPdf(bill.id, 'en') },
        {
          label: t('documents.linesXlsx'),
          save: () => documentsApi.billLines(bill.id, { format: 'xlsx', lang }),
        },
        {
          label: t('documents.linesCsv'),
          save: () => documentsApi.billLines(bill.id, { format: 'csv', lang }),
        },
      ]}
    />
  );
}

/** What the filter lets through, as files. */
export function ExportBills({ filter }: { readonly filter: BillFilter }) {
  const { t } = useTranslation();
  const lang = useDocumentLanguage();
  const save = (format: string) => () => documentsApi.bills({ ...filter, format, lang });
  return (
    <DownloadMenu
      label={t('documents.export')}
      files={[
        { label: t('documents.xlsx'), save: save('xlsx') },
        { label: t('documents.csv'), save: save('csv') },
        { label: t('documents.archive'), save: save('pdf') },
      ]}
    />
  );
}
