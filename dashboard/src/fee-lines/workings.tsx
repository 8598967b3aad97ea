import { useTranslation } from 'react-i18next';
import type { FeeLineDetail } from '../api.ts';
import { useQuantity } from '../bills/bill-names.tsx';
import { exactText, trimDecimal } from '../decimal.ts';
import { formatMoney } from '../format.ts';
import { BaseRows, DemandRows, EventRows, FixedRows, TotalRow } from './kind-rows.tsx';
import { priceText } from './price-text.ts';
import { Row } from './sum-row.tsx';
import { TierRows } from './tier-rows.tsx';
import type { Sum, UsageEvidence } from './usage-evidence.ts';

/** From the line's quantity to its exact amount, by kind of price, and from there to the cent. */
export function LineWorkings({
  line,
  evidence,
}: {
  readonly line: FeeLineDetail;
  readonly evidence: UsageEvidence;
}) {
  const { t } = useTranslation();
  const quantityOf = useQuantity();
  const sum = evidence.arithmetic;
  const { workings } = sum;
  const quantity = quantityOf(sum.quantity, sum.unit, sum.currency);
  return (
    <>
      <ByKind line={line} evidence={evidence} />
      {workings.lossFactor !== null && (
        <Row name={t('workings.lossFactor', { factor: trimDecimal(workings.lossFactor) })} />
      )}
      <Row name={t('evidence.exact')} value={exactText(sum.unrounded)}>
        {sum.unit === 'money'
          ? workings.kind !== 'total' &&
            t('workings.percentOf', { percent: trimDecimal(sum.unitPrice), base: quantity })
          : t('workings.formula', { quantity, price: priceText(sum) })}
      </Row>
      <RoundingRows sum={sum} />
    </>
  );
}

function RoundingRows({ sum }: { readonly sum: Sum }) {
  const { t } = useTranslation();
  const { before, after, stage, mode, quantum, lines } = sum.workings.rounding;
  const minor = (text: string): string => formatMoney(text, sum.currency);
  const group = BigInt(after.rounded) - BigInt(before.rounded);
  return (
    <>
      <Row
        name={t('evidence.rounded', { mode: t(`evidence.roundingMode.${mode}`), quantum })}
        value={<strong>{minor(sum.amount)}</strong>}
      >
        {before.exact !== '0' &&
          t('workings.telescoped', { after: minor(after.rounded), before: minor(before.rounded) })}
      </Row>
      {lines > 1 && (
        <p className="muted">
          {t('workings.shared', {
            count: lines,
            stage: t(`workings.stage.${stage}`),
            rounded: minor(`${group}`),
          })}
        </p>
      )}
    </>
  );
}

function ByKind({ line, evidence }: { readonly line: FeeLineDetail; readonly evidence: UsageEvidence }) {
  const { workings } = evidence.arithmetic;
  switch (workings.kind) {
    case 'unit':
      return null;
    case 'tier':
      return <TierRows line={line} evidence={evidence} workings={workings} />;
    case 'demand':
      return <DemandRows evidence={evidence} workings={workings} />;
    case 'event':
      return <EventRows line={line} zone={evidence.timeZone} workings={workings} />;
    case 'fixed':
      return <FixedRows workings={workings} />;
    case 'percentage':
    case 'minimum':
    case 'discount':
      return <BaseRows line={line} evidence={evidence} workings={workings} />;
    case 'total':
      return <TotalRow line={line} workings={workings} />;
  }
}
