import { useTranslation } from 'react-i18next';
import type { FeeLine } from '../api.ts';
import { formatMoney } from '../format.ts';

/** A line's amount; it opens the line's evidence. */
export function LineAmount({
  line,
  onEvidence,
}: {
  readonly line: FeeLine;
  readonly onEvidence: (line: number) => void;
}) {
  const { t } = useTranslation();
  const amount = formatMoney(line.amount, line.currency);
  return (
    <button
      type="button"
      className="link num nowrap"
      aria-label={`${amount} ${t('bills.evidence', { id: line.id })}`}
      onClick={() => onEvidence(line.id)}
    >
      {amount}
    </button>
  );
}
