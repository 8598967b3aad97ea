import { useTranslation } from 'react-i18next';
import type { Commodity, QuantityUnit } from '../../../domain/commodities.ts';
import { formatDecimal } from '../../../domain/decimal.ts';
import type { Weight } from '../../../domain/meter-tree.ts';
import { PRICE_UNITS } from '../../../domain/rating/price-units.ts';
import { BAND_ALL } from '../../../domain/tariffs/definition.ts';
import type { FeeLineDetail } from '../api.ts';
import { useQuantity } from '../bills/bill-names.tsx';
import { trimDecimal } from '../decimal.ts';
import {
  formatMoney,
  formatNumber,
  formatPrice,
  formatPricePer,
  formatQuantity,
  formatTime,
} from '../format.ts';
import { useTariffNames } from './names.ts';

export type UsageEvidence = Extract<FeeLineDetail['evidence'], { kind: 'usage' }>;
type Sum = UsageEvidence['arithmetic'];
type Workings = Sum['workings'];
type Of<K extends Workings['kind']> = Extract<Workings, { kind: K }>;

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

function TierRows(props: {
  readonly line: FeeLineDetail;
  readonly evidence: UsageEvidence;
  readonly workings: Of<'tier'>;
}) {
  const { t } = useTranslation();
  const quantityOf = useQuantity();
  const { line, evidence, workings } = props;
  const { unit, currency } = evidence.arithmetic;
  const quantity = (text: string): string => quantityOf(text, unit, currency);
  return (
    <>
      <h2 className="sheet-part">{t('workings.tiers')}</h2>
      <p className="muted">
        {t(`workings.mode.${workings.mode}`)}.{' '}
        {t('workings.countedIn', {
          accumulation: t(`workings.accumulation.${workings.accumulation}`),
          from: formatTime(workings.countedFrom, evidence.timeZone, 'minute'),
          before: quantity(workings.before),
          after: quantity(workings.after),
        })}
        .{' '}
        {workings.scale !== 'window' &&
          t('workings.scaled', {
            factor: exactText(workings.factor),
            scale: t(`workings.scale.${workings.scale}`),
          })}
      </p>
      <div className="table-scroll">
        <table className="values">
          <thead>
            <tr>
              <th scope="col">{t('workings.upTo')}</th>
              <th scope="col" className="right">
                {t('workings.price')}
              </th>
              <th scope="col" className="right">
                {t('workings.before')}
              </th>
              <th scope="col" className="right">
                {t('workings.after')}
              </th>
            </tr>
          </thead>
          <tbody>
            {workings.tiers.map((tier, i) => (
              <tr key={tier.upTo ?? 'last'}>
                <th scope="row">
                  {t('workings.tier', { n: i + 1 })} ·{' '}
                  {tier.upTo === null ? t('workings.noLimit') : quantity(tier.upTo)}
                  {i + 1 === workings.tier && <span className="tag tag-good">{t('workings.thisTier')}</span>}
                </th>
                <td className="right num">{formatPrice(tier.unitPrice, currency, line.commodity)}</td>
                <td className="right num">{quantity(tier.before)}</td>
                <td className="right num">{quantity(tier.after)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function DemandRows({
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

function EventRows(props: {
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

function FixedRows({ workings }: { readonly workings: Of<'fixed'> }) {
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

function BaseRows(props: {
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

function TotalRow({ line, workings }: { readonly line: FeeLineDetail; readonly workings: Of<'total'> }) {
  const { t } = useTranslation();
  return (
    <Row name={t('workings.total')} value={formatMoney(workings.total, line.currency)}>
      → {formatMoney(workings.rounded, line.currency)}
    </Row>
  );
}

/** From what a main counted to this line's share of it. */
export function ShareRow(props: {
  readonly part: NonNullable<UsageEvidence['shares']>[number];
  readonly commodity: Commodity;
}) {
  const { t } = useTranslation();
  const { part, commodity } = props;
  const quantity = (text: string): string => formatQuantity(text, commodity);
  const main = BigInt(part.mainUsage);
  return (
    <Row name={t('workings.shares', { main: part.main })} value={<strong>{quantity(part.share)}</strong>}>
      {t('workings.residual', {
        main: quantity(part.mainUsage),
        subs: quantity(part.subUsage),
        residual: quantity(`${main - BigInt(part.subUsage)}`),
      })}
      <br />
      {part.what === 'residual_and_common' && (
        <>
          {t('workings.common', { common: quantity(part.commonUsage) })}
          <br />
        </>
      )}
      {t('workings.share', {
        what: t(`losses.what.${part.what}`),
        allocated: quantity(part.allocated),
        weight: weightText(part.by, part.weight, commodity),
        totalWeight: weightText(part.by, part.totalWeight, commodity),
        by: t(`losses.weight.${part.by}`),
      })}
    </Row>
  );
}

const DAY_MS = 86_400_000;

/** Weights count hundredths of m² by milliseconds, milliseconds, or base units. */
function weightText(by: Weight, weight: string, commodity: Commodity): string {
  if (by === 'usage') return formatQuantity(weight, commodity);
  const days = Number(weight) / DAY_MS;
  return by === 'area' ? `${formatNumber(days / 100)} m²·d` : `${formatNumber(days)} d`;
}

function MonthShare(props: { readonly days: number; readonly monthDays: number }) {
  const { t } = useTranslation();
  return <Row name={t('workings.monthShare', props)} value={`× ${props.days}/${props.monthDays}`} />;
}

export function Row(props: {
  readonly name: React.ReactNode;
  readonly value?: React.ReactNode;
  readonly children?: React.ReactNode;
}) {
  return (
    <div className="sum-line">
      <span>{props.name}</span>
      {props.value !== undefined && <span className="num">{props.value}</span>}
      {props.children ? <span className="formula num">{props.children}</span> : null}
    </div>
  );
}

/** As the tariff says it: a price per unit, of money a percentage. */
export function priceText(line: {
  readonly unit: QuantityUnit;
  readonly unitPrice: string;
  readonly currency: string;
}): string {
  const price = trimDecimal(line.unitPrice);
  if (line.unit === 'money') return `${price}%`;
  const per = PRICE_UNITS[line.unit];
  return formatPricePer(price, line.currency, per.per === 1 ? '1' : per.name);
}

const FRACTION_DIGITS = 6;

/** A decimal as it is, `n/d` to so many digits, which an ellipsis says. */
function exactText(text: string): string {
  const [numerator = '0', denominator] = text.split('/');
  if (denominator === undefined) return text;
  const units = (BigInt(numerator) * 10n ** BigInt(FRACTION_DIGITS)) / BigInt(denominator);
  return `${formatDecimal({ units, scale: FRACTION_DIGITS })}… (${text})`;
}

/** A band or tier in words: `峰 · tier 2`. */
export function useBandText(): (band: string) => string {
  const { t } = useTranslation();
  const names = useTariffNames();
  return (band) => {
    const [, base = '', tier] = /^(?:(.*)\.)?t(\d+)$/.exec(band) ?? [null, band, undefined];
    const parts = [
      base === '' || (base === BAND_ALL && tier !== undefined) ? '' : names.band(base),
      tier === undefined ? '' : t('workings.tier', { n: Number(tier) }),
    ];
    return parts.filter((part) => part !== '').join(' · ');
  };
}
