import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DISPLAY_UNIT } from '../../../domain/commodities.ts';
import { api, type FeeLineDetail } from '../api.ts';
import { useQuantity } from '../bills/bill-names.tsx';
import { trimDecimal } from '../decimal.ts';
import { formatBase, formatMoney, formatQuantity, formatTime } from '../format.ts';
import { useMay, useSession } from '../session.tsx';
import { Chart, type Series } from '../ui/chart.tsx';
import { Facts } from '../ui/facts.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { ErrorState, Loading } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { useTariffNames } from './names.ts';
import { useBandText } from './price-text.ts';
import { ShareRow } from './share-row.tsx';
import { Row } from './sum-row.tsx';
import type { UsageEvidence } from './usage-evidence.ts';
import { LineWorkings } from './workings.tsx';

const HistorySheet = lazy(async () => ({
  default: (await import('../readings/history-sheet.tsx')).HistorySheet,
}));

type Boundary = NonNullable<UsageEvidence['from']>;

/** Why a line says what it says: from what the registers showed to the cent. */
export function EvidenceSheet(props: {
  readonly line: number;
  readonly onOpen: (line: number) => void;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ['fee-line', props.line],
    queryFn: ({ signal }) => api.feeLine(props.line, signal),
    // A line never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Sheet title={t('evidence.title', { id: props.line })} width={620} onClose={props.onClose}>
      {query.data === undefined ? (
        query.error ? (
          <ErrorState error={query.error} retry={() => void query.refetch()} />
        ) : (
          <Loading />
        )
      ) : (
        <Evidence line={query.data} onOpen={props.onOpen} />
      )}
    </Sheet>
  );
}

function Evidence({
  line,
  onOpen,
}: {
  readonly line: FeeLineDetail;
  readonly onOpen: (line: number) => void;
}) {
  const { t } = useTranslation();
  const names = useTariffNames();
  const bandText = useBandText();
  const { evidence } = line;
  return (
    <>
      <div className="sum-total num">{formatMoney(line.amount, line.currency)}</div>
      <Facts
        items={[
          [t('feeLine.merchant'), `${line.lease.party} · ${line.lease.stall ?? line.meteringPoint.code}`],
          [
            t('feeLine.component'),
            `${t(`commodity.${line.commodity}`)} · ${names.component(line.component)} · ${bandText(line.band)}`,
          ],
          [
            t('feeLine.service'),
            <span key="s">
              <Time at={line.serviceFrom} /> – <Time at={line.serviceTo} />
            </span>,
          ],
          [
            t('feeLine.tariff'),
            `${line.tariff.name} (${line.tariff.code}) · ${t('evidence.version', { version: line.tariff.version })}`,
          ],
          [t('feeLine.kindLabel'), t(`feeLine.kind.${line.kind}`)],
          line.correctsId === null
            ? null
            : [
                '',
                <button key="c" type="button" className="link" onClick={() => onOpen(line.correctsId ?? 0)}>
                  {t('feeLine.corrects', { id: line.correctsId })}
                </button>,
              ],
          [t('feeLine.posted'), <Time key="p" at={line.postedAt} />],
        ]}
      />
      {evidence.kind === 'usage' ? (
        <Usage line={line} evidence={evidence} />
      ) : (
        <p className="note">
          {evidence.reverses.map((id) => (
            <button key={id} type="button" className="link" onClick={() => onOpen(id)}>
              {t('feeLine.corrects', { id })}{' '}
            </button>
          ))}
        </p>
      )}
      <PointHistory line={line} />
      <p className="muted mono hash">
        {t('evidence.hash')} {line.inputHash}
      </p>
    </>
  );
}

/** Who put which meter there when, and what was entered by hand: for whoever may read readings. */
function PointHistory({ line }: { readonly line: FeeLineDetail }) {
  const { t } = useTranslation();
  const mayRead = useMay('readings:read');
  const [open, setOpen] = useState(false);
  const { id, code } = line.meteringPoint;
  if (!mayRead || line.commodity === 'gate') return null;
  return (
    <p>
      <Button onClick={() => setOpen(true)}>
        {t('readings.history')} · {code}
      </Button>
      {open && (
        <Suspense fallback={null}>
          <HistorySheet point={id} stall={line.lease.stall ?? ''} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </p>
  );
}

function Usage({ line, evidence }: { readonly line: FeeLineDetail; readonly evidence: UsageEvidence }) {
  const { t } = useTranslation();
  return (
    <>
      {evidence.from && evidence.to && (
        <>
          <h2 className="sheet-part">{t('evidence.readings')}</h2>
          <table className="values">
            <thead>
              <tr>
                <td />
                <th scope="col">{t('evidence.at')}</th>
                <th scope="col">{t('evidence.method')}</th>
                <th scope="col" className="right">
                  {t('evidence.register')}
                </th>
              </tr>
            </thead>
            <tbody>
              {evidence.since && (
                <BoundaryRows name={t('workings.since')} boundary={evidence.since} line={line} />
              )}
              <BoundaryRows name={t('evidence.start')} boundary={evidence.from} line={line} />
              <BoundaryRows name={t('evidence.end')} boundary={evidence.to} line={line} />
            </tbody>
          </table>
        </>
      )}
      <Arithmetic line={line} evidence={evidence} />
      <PeriodChart line={line} evidence={evidence} />
    </>
  );
}

/** The boundary itself, and the reading or readings that it was taken from. */
function BoundaryRows(props: {
  readonly name: string;
  readonly boundary: Boundary;
  readonly line: FeeLineDetail;
}) {
  const { t } = useTranslation();
  const { site } = useSession();
  const { name, boundary, line } = props;
  const { before, after } = boundary;
  const same = before !== null && after !== null && before.ts === after.ts;
  const marks = (same ? [before] : [before, after]).filter((mark) => mark !== null);
  return (
    <>
      <tr>
        <th scope="rowgroup">
          <strong>{name}</strong>
        </th>
        <td>
          <Time at={boundary.at} />
        </td>
        <td>
          <span className={boundary.method === 'measured' ? 'tag tag-good' : 'tag tag-busy'}>
            {t(`evidence.methodName.${boundary.method}`)}
          </span>
        </td>
        <td />
      </tr>
      {boundary.basis && (
        <tr>
          <td />
          <td className="muted" colSpan={3}>
            {t('workings.basis', {
              usage: formatQuantity(boundary.basis.quantity, line.commodity),
              from: formatTime(boundary.basis.from, site.timeZone, 'minute'),
              to: formatTime(boundary.basis.to, site.timeZone, 'minute'),
            })}
          </td>
        </tr>
      )}
      {marks.map((mark) => (
        <tr key={`${mark.registerId} ${mark.ts}`}>
          <td />
          <td className="muted">
            <Time at={mark.ts} />
          </td>
          <td className="muted">
            {t(`evidence.markKind.${mark.kind}`)} · <span className="mono">{mark.serial}</span>
          </td>
          <td className="right num">{formatQuantity(mark.value, line.commodity)}</td>
        </tr>
      ))}
    </>
  );
}

function Arithmetic({ line, evidence }: { readonly line: FeeLineDetail; readonly evidence: UsageEvidence }) {
  const { t } = useTranslation();
  const bandText = useBandText();
  const quantityOf = useQuantity();
  const sum = evidence.arithmetic;
  const { commodity } = line;
  const posted = BigInt(sum.posted.amount) !== 0n || BigInt(sum.posted.quantity) !== 0n;
  return (
    <>
      <h2 className="sheet-part">{t('evidence.arithmetic')}</h2>
      {evidence.segments.map((segment) => {
        const wraps = segment.wraps === 0 ? '' : ` + ${segment.wraps} × ${formatBase(segment.modulus)}`;
        const ratio = trimDecimal(segment.multiplier);
        return (
          <div key={`${segment.installationId} ${segment.from}`} className="sum-line">
            <span>
              {t('evidence.meter')} <span className="mono">{segment.serial}</span>
              {ratio !== '1' && <span className="tag">{t('stall.multiplier', { value: ratio })}</span>}
            </span>
            <span className="num">{formatQuantity(segment.quantity, commodity)}</span>
            <span className="formula num">
              ({formatBase(segment.endValue)} − {formatBase(segment.startValue)}
              {wraps}) × {ratio}
            </span>
          </div>
        );
      })}
      {evidence.shares?.map((part) => (
        <ShareRow key={part.residual} part={part} commodity={commodity} />
      ))}
      <Row
        name={`${t('workings.quantity')} · ${bandText(line.band)}`}
        value={<strong>{quantityOf(sum.quantity, sum.unit, sum.currency)}</strong>}
      >
        {evidence.total !== null &&
          sum.workings.kind === 'unit' &&
          evidence.intervals.count > 0 &&
          t('evidence.ofTotal', {
            total: formatQuantity(evidence.total, commodity),
            count: evidence.intervals.count,
          })}
      </Row>
      <LineWorkings line={line} evidence={evidence} />
      {posted && (
        <div className="sum-line">
          <span>{t('evidence.posted')}</span>
          <span className="num">{formatMoney(sum.posted.amount, sum.currency)}</span>
        </div>
      )}
      <div className="sum-line">
        <strong>{t('feeLine.amount')}</strong>
        <strong className="num">{formatMoney(line.amount, line.currency)}</strong>
      </div>
    </>
  );
}

/** The usage of the band's own intervals where there are several, else what the register showed over the period. */
function PeriodChart({ line, evidence }: { readonly line: FeeLineDetail; readonly evidence: UsageEvidence }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const mayRead = useMay('readings:read');
  const intervals = evidence.intervals.list ?? [];
  const banded = intervals.length > 1;
  const segment = evidence.segments.at(-1);
  const readings = useQuery({
    queryKey: ['readings', segment?.registerId, line.serviceFrom, line.serviceTo],
    queryFn: ({ signal }) =>
      api.readings(
        segment?.registerId ?? 0,
        { from: line.serviceFrom, to: line.serviceTo, limit: 1000 },
        signal,
      ),
    enabled: !banded && mayRead && segment !== undefined,
  });
  const series = useMemo((): Series => {
    if (banded) {
      return {
        seconds: intervals.map((one) => Date.parse(one.from) / 1000),
        values: intervals.map((one) => Number(one.quantity) / 1000),
      };
    }
    const rows = [...(readings.data?.items ?? [])].sort((a, b) => Date.parse(a.ts) - Date.parse(b.ts));
    return {
      seconds: rows.map((row) => Date.parse(row.ts) / 1000),
      values: rows.map((row) => Number(row.value) / 1000),
    };
  }, [banded, intervals, readings.data]);
  if (series.seconds.length === 0) return null;
  return (
    <>
      <h2 className="sheet-part">{t('evidence.chart')}</h2>
      <Chart
        series={series}
        zone={site.timeZone}
        unit={DISPLAY_UNIT[line.commodity]}
        label={t(banded ? 'evidence.usage' : 'evidence.register')}
        kind={banded ? 'bars' : 'line'}
      />
      {!banded && readings.data?.nextCursor != null && <p className="muted">{t('chart.truncated')}</p>}
    </>
  );
}
