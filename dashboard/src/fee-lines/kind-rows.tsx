import { useTranslation } from 'react-i18next';
import type { FeeLineDetail } from '../api.ts';
import { useQuantity } from '../bills/bill-names.tsx';
import { exactText, trimDecimal } from '../decimal.ts';
import { formatMoney, formatPricePer, formatTime } from '../format.ts';
import { useTariffNames } from './names.ts';
import { MonthShare, Row } from './sum-row.tsx';
import type { Of, UsageEvidence } from './usage-evidence.ts';

/** The highest power in the month, and where it was. */
export function DemandRows({
  evidence,
  workings,
}: {
  readonly evidence: UsageEvidence;
  readonly workings: Of<'demand'>;
}) {
  const { t } = useTranslation();
  const quantityOf = useQuantity();
  const { currency } = evidence.arithmetic;
  const { peak, floor, power } = workings;
  const at = (instant: string): string => formatTime(instant, evidence.timeZone, 'minute');
  return (
    <>
      <Row
        name={t('workings.demand', { window: workings.windowMinutes, step: workings.stepMinutes })}
        value={quantityOf(power, 'W', currency)}
      >
        {peak
          ? t('workings.peak', {
              usage: quantityOf(peak.usage, 'Wh', currency),
              from: at(peak.from),
              to: at(peak.to),
            })
          : t('workings.noPeak')}
      </Row>
      {floor !== null && <Row name={t('workings.floor', { power: quantityOf(floor, 'W', currency) })} />}
      <MonthShare days={workings.days} monthDays={workings.monthDays} />
    </>
  );
}

/** One pass of a gate: when, by whom, and what its class costs. */
export function EventRows(props: {
  readonly line: FeeLineDetail;
  readonly zone: string;
  readonly workings: Of<'event'>;
}) {
  const { t } = useTranslation();
  const { line, zone, workings } = props;
  const { minutes, free } = workings;
  return (
    <>
      <Row name={t('workings.pass')} value={formatTime(workings.at, zone)} />
      {workings.entryAt !== null && (
        <Row name={t('workings.entered')} value={formatTime(workings.entryAt, zone)} />
      )}
      {workings.plate !== null && (
        <Row name={t('workings.plate')} value={<span className="mono">{workings.plate}</span>} />
      )}
      <Row name={t('workings.passClass')} value={workings.class ?? t('workings.noClass')} />
      <Row
        name={t('workings.stayed')}
        value={minutes === null ? t('workings.unknownStay') : t('workings.minutes', { count: minutes })}
      />
      <Row
        name={t('workings.classPrice')}
        value={formatPricePer(workings.price, line.currency, t('workings.pass'))}
      />
      {free !== null && <Row name={t(`workings.free.${free}`, { minutes: workings.freeMinutes })} />}
    </>
  );
}

/** So many days or months, perhaps by area. */
export function FixedRows({ workings }: { readonly workings: Of<'fixed'> }) {
  const { t } = useTranslation();
  const { per, prorated, days, monthDays, areaM2 } = workings;
  return (
    <>
      {per === 'day' && <Row name={t('workings.fixed.day', { count: days })} />}
      {per === 'month' && !prorated && <Row name={t('workings.fixed.month')} />}
      {per === 'month' && prorated && monthDays !== null && <MonthShare days={days} monthDays={monthDays} />}
      {areaM2 !== null && <Row name={t('workings.area')} value={`${trimDecimal(areaM2)} m²`} />}
    </>
  );
}

/** What was charged before: of which a part is taken, or up to which is filled. */
export function BaseRows(props: {
  readonly line: FeeLineDetail;
  readonly evidence: UsageEvidence;
  readonly workings: Of<'percentage'> | Of<'minimum'> | Of<'discount'>;
}) {
  const { t } = useTranslation();
  const names = useTariffNames();
  const quantityOf = useQuantity();
  const { line, evidence, workings } = props;
  const unit = line.commodity === 'water' ? 'L' : 'Wh';
  const usage = (text: string): string => quantityOf(text, unit, line.currency);
  return (
    <>
      {workings.of.map(({ component, amount }) => (
        <Row
          key={component}
          name={`${t('workings.base')} · ${names.component(component)}`}
          value={formatMoney(amount, line.currency)}
        />
      ))}
      {workings.kind === 'minimum' && (
        <>
          <Row name={t('workings.minimum')} value={exactText(workings.minimum)} />
          {workings.prorated && <MonthShare days={workings.days} monthDays={workings.monthDays} />}
        </>
      )}
      {workings.kind === 'discount' && (
        <Row
          name={t('workings.discount', {
            percent: trimDecimal(workings.percent),
            step: usage(workings.step),
            usage: usage(workings.usage),
            from: formatTime(workings.countedFrom, evidence.timeZone, 'minute'),
          })}
        />
      )}
    </>
  );
}

/** The bill's total, and what it is rounded to. */
export function TotalRow({
  line,
  workings,
}: {
  readonly line: FeeLineDetail;
  readonly workings: Of<'total'>;
}) {
  const { t } = useTranslation();
  return (
    <Row name={t('workings.total')} value={formatMoney(workings.total, line.currency)}>
      → {formatMoney(workings.rounded, line.currency)}
    </Row>
  );
}
