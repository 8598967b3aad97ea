import { useTranslation } from 'react-i18next';

/** What a transaction's kind does, in words; a kind that the page does not know is shown as it is. */
export function useDoes(): (kind: string) => string {
  const { t, i18n } = useTranslation();
  return (kind) =>
    i18n.exists(`ledger.does.${kind}`) ? t(`ledger.does.${kind}` as 'ledger.does.late_fee') : kind;
}
