import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { BillDetail } from '../../../contracts/bills.ts';
import { billsApi } from '../api/bills.ts';
import type { FeeLine } from '../api.ts';
import { useTariffNames } from '../fee-lines/names.ts';
import { formatMoney } from '../format.ts';
import { ErrorState, Loading } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { useQuantity } from './bill-names.tsx';
import { LineAmount } from './line-amount.tsx';

type Group = BillDetail['groups'][number];
const keyOf = (one: Pick<Group, 'commodity' | 'component' | 'band' | 'unit'>): string =>
  `${one.commodity}|${one.component}|${one.band}|${one.unit}`;

/** All lines of a bill, for whoever opens a group or disputes some. */
export const useBillLines = (bill: number, enabled: boolean) =>
  useQuery({
    queryKey: ['bill', bill, 'lines'],
    queryFn: ({ signal }) => billsApi.lines(bill, signal),
    enabled,
    // An issued bill's lines never change.
    staleTime: 60_000,
  });

/** What is charged, added up by commodity, component and band; each opens to its lines, and each line to its evidence. */
export function BillLines({
  bill,
  onEvidence,
}: {
  readonly bill: BillDetail;
  readonly onEvidence: (line: number) => void;
}) {
  const { t } = useTranslation();
  const names = useTariffNames();
  const quantity = useQuantity();
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const lines = useBillLines(bill.id, open.size > 0);
  const toggle = (key: string) =>
    setOpen(
      (before) => new Set(before.has(key) ? [...before].filter((one) => one !== key) : [...before, key]),
    );
  return (
    <section>
      <h2>{t('bills.lines')}</h2>
      <ul className="cards">
        {bill.groups.map((group) => {
          const key = keyOf(group);
          return (
            <li key={key} className="card" data-group={key}>
              <div className="card-head">
                <span>
                  {t(`commodity.${group.commodity}`)} · {names.component(group.component)} ·{' '}
                  {names.band(group.band)}
                  <span className="muted num"> {quantity(group.quantity, group.unit, bill.currency)}</span>
                </span>
                <strong className="num">{formatMoney(group.amount, bill.currency)}</strong>
              </div>
              <button
                type="button"
                className="link"
                aria-expanded={open.has(key)}
                onClick={() => toggle(key)}
              >
                {t(open.has(key) ? 'bills.hideLines' : 'bills.showLines')} ·{' '}
                {t('bills.linesOf', { count: group.lines })}
              </button>
              {open.has(key) &&
                (lines.data === undefined ? (
                  lines.error ? (
                    <ErrorState error={lines.error} retry={() => void lines.refetch()} />
                  ) : (
                    <Loading />
                  )
                ) : (
                  <Lines
                    lines={lines.data.items.filter((line) => keyOf(line) === key)}
                    onEvidence={onEvidence}
                  />
                ))}
            </li>
          );
        })}
      </ul>
      {lines.data?.nextCursor != null && <p className="muted">{t('bills.tooManyLines')}</p>}
    </section>
  );
}

function Lines({
  lines,
  onEvidence,
}: {
  readonly lines: readonly FeeLine[];
  readonly onEvidence: (line: number) => void;
}) {
  const { t } = useTranslation();
  const quantity = useQuantity();
  return (
    <div className="bill-lines">
      <table className="values">
        <tbody>
          {lines.map((line) => (
            <tr key={line.id}>
              <td>
                {line.passedAt === null ? (
                  <>
                    <Time at={line.serviceFrom} style="minute" /> –{' '}
                    <Time at={line.serviceTo} style="minute" />
                  </>
                ) : (
                  <Time at={line.passedAt} style="minute" />
                )}
                {line.kind !== 'original' && (
                  <div>
                    <span className="tag tag-busy">{t(`feeLine.kind.${line.kind}`)}</span>{' '}
                    {line.correctsId !== null && (
                      <button type="button" className="link" onClick={() => onEvidence(line.correctsId ?? 0)}>
                        {t('bills.corrects', { id: line.correctsId, period: line.period })}
                      </button>
                    )}
                  </div>
                )}
              </td>
              <td className="right num">{quantity(line.quantity, line.unit, line.currency)}</td>
              <td className="right">
                <LineAmount line={line} onEvidence={onEvidence} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
