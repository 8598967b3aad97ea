import { useTranslation } from 'react-i18next';
import { BAND_ALL, type TariffDefinition } from '../../../../domain/tariffs/definition.ts';
import type { PreviewResult } from '../../api/tariffs.ts';
import { useQuantity } from '../../bills/bill-names.tsx';
import { decimalText } from '../../decimal.ts';
import { formatMoney } from '../../format.ts';
import { useNameOf } from '../names.ts';

type Line = PreviewResult['lines'][number];
const keyOf = (line: Line): string => `${line.component} ${line.band}`;

/** Every component, band and tier: quantity, price, the exact and the rounded amount, and the change. */
export function LinesTable(props: {
  readonly result: PreviewResult;
  /** What the version in force makes of the same usage. */
  readonly before: PreviewResult | undefined;
  readonly definition: TariffDefinition | null;
}) {
  const { t } = useTranslation();
  const { result, before, definition } = props;
  const nameOf = useLineNames(definition);
  const quantityOf = useQuantity();
  const was = amountsOf(before);
  const is = amountsOf(result);
  // What only the version in force charges is shown too.
  const gone = before?.lines.filter((line) => !is.has(keyOf(line))) ?? [];
  const row = (line: Line, amount: bigint) => (
    <tr key={keyOf(line)}>
      <th scope="row">
        {nameOf(line)}
        <span className="tf-formula num">
          {quantityOf(line.quantity, line.unit, result.currency)} × {line.unitPrice}
          {line.unit === 'money' ? '%' : ''} = {decimalText(line.unrounded)}
        </span>
      </th>
      <td className="right num">{formatMoney(String(amount), result.currency)}</td>
      {before !== undefined && (
        <td className="right num">
          <Difference value={amount - (was.get(keyOf(line)) ?? 0n)} currency={result.currency} />
        </td>
      )}
    </tr>
  );
  const shown = new Set<string>();
  return (
    <table className="values tf-lines" aria-live="polite">
      <thead>
        <tr>
          <th scope="col">{t('feeLine.component')}</th>
          <th scope="col" className="right">
            {t('feeLine.amount')}
          </th>
          {before !== undefined && (
            <th scope="col" className="right">
              {t('tariffPreview.difference')}
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {result.lines.map((line) => {
          const key = keyOf(line);
          if (shown.has(key)) return null;
          shown.add(key);
          return row(line, is.get(key) ?? 0n);
        })}
        {gone.map((line) => row({ ...line, quantity: '0', unrounded: '0' }, 0n))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">
            <strong>{t('tariff.total')}</strong>
          </th>
          <td className="right num">
            <strong data-total>{formatMoney(result.amount, result.currency)}</strong>
          </td>
          {before !== undefined && (
            <td className="right num">
              <strong data-difference>
                <Difference
                  value={BigInt(result.amount) - BigInt(before.amount)}
                  currency={result.currency}
                />
              </strong>
            </td>
          )}
        </tr>
      </tfoot>
    </table>
  );
}

function amountsOf(result: PreviewResult | undefined): ReadonlyMap<string, bigint> {
  const amounts = new Map<string, bigint>();
  for (const line of result?.lines ?? []) {
    amounts.set(keyOf(line), (amounts.get(keyOf(line)) ?? 0n) + BigInt(line.amount));
  }
  return amounts;
}

/** More is ▲, less ▼: never colour alone. */
function Difference({ value, currency }: { readonly value: bigint; readonly currency: string }) {
  if (value === 0n) return <span className="muted">—</span>;
  const up = value > 0n;
  return (
    <span className={up ? 'tf-up' : 'tf-down'}>
      {up ? '▲ ' : '▼ '}
      {formatMoney(String(up ? value : -value), currency)}
    </span>
  );
}

/** A line's component and band by the names in the definition; tiers by their number. */
function useLineNames(definition: TariffDefinition | null): (line: Line) => string {
  const { t } = useTranslation();
  const nameOf = useNameOf();
  return ({ component: code, band }) => {
    const component = definition?.components.find((one) => one.code === code);
    const name = nameOf.component(component ?? { code });
    if (band === BAND_ALL) return name;
    const [, bandCode = '', tier] = /^(?:(.*)\.)?t(\d+)$/.exec(band) ?? [null, band, undefined];
    const known =
      component?.price.kind === 'time_of_use'
        ? component.price.bands.find((one) => one.code === bandCode)
        : component?.price.kind === 'per_event'
          ? component.price.classes.find((one) => one.code === bandCode)
          : undefined;
    const parts = [
      bandCode === '' ? '' : nameOf.band(known ?? { code: bandCode }),
      tier === undefined ? '' : t('tariffForm.tier', { n: Number(tier) }),
    ];
    return [name, ...parts].filter((part) => part !== '').join(' · ');
  };
}
