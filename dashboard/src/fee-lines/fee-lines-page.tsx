import { Input, Select } from 'antd';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { BASE_UNIT, COMMODITIES, type Commodity } from '../../../domain/commodities.ts';
import { api, type FeeLine, serverNow } from '../api.ts';
import { useQuantity } from '../bills/bill-names.tsx';
import { formatMoney, recentDays, recentMonths } from '../format.ts';
import { useSession } from '../session.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { EmptyState } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { useAddress } from '../ui/use-address.ts';
import { useTariffNames } from './names.ts';
import { priceText, useBandText } from './price-text.ts';

const EvidenceSheet = lazy(async () => ({ default: (await import('./evidence-sheet.tsx')).EvidenceSheet }));

const MONTHS_SHOWN = 24;
const DAYS_SHOWN = 62;
const ALL = 'all';
const optionsOf = (periods: readonly string[]) => periods.map((value) => ({ value, label: value }));

export function FeeLinesPage() {
  const { t } = useTranslation();
  const names = useTariffNames();
  const bandText = useBandText();
  const quantityOf = useQuantity();
  const { me, site } = useSession();
  const own = me.role === 'merchant';
  const [get, put] = useAddress();
  const months = recentMonths(serverNow(), site.timeZone, MONTHS_SHOWN);
  // Last month is the newest one that can be whole. A merchant may be charged by the day: it sees all of its lines.
  const period = get('period') ?? (own ? ALL : months[1]) ?? ALL;
  const filter = {
    site: site.id,
    period: period === ALL ? undefined : period,
    stall: get('stall'),
    commodity: get('commodity'),
  };
  const line = Number(get('line') ?? 0);

  return (
    <div className="page">
      <div className="page-head">
        <h1>{t(own ? 'feeLine.mine' : 'feeLine.title')}</h1>
        <div className="filters">
          <Select
            className="filter"
            aria-label={t('feeLine.period')}
            value={period}
            onChange={(value: string) => put({ period: value })}
            options={[
              { value: ALL, label: `${t('feeLine.period')}: ${t('common.all')}` },
              { label: t('feeLine.byMonth'), options: optionsOf(months) },
              {
                label: t('feeLine.byDay'),
                options: optionsOf(recentDays(serverNow(), site.timeZone, DAYS_SHOWN)),
              },
            ]}
          />
          <Input.Search
            key={filter.stall}
            className="filter"
            allowClear
            aria-label={t('feeLine.stallFilter')}
            placeholder={t('feeLine.stallFilter')}
            defaultValue={filter.stall}
            onSearch={(stall) => put({ stall: stall.trim() })}
          />
          <Select
            className="filter"
            allowClear
            aria-label={t('feeLine.commodity')}
            placeholder={t('feeLine.commodity')}
            value={filter.commodity}
            onChange={(commodity: string | undefined) => put({ commodity })}
            options={COMMODITIES.map((commodity) => ({
              value: commodity,
              label: t(`commodity.${commodity}`),
            }))}
          />
        </div>
      </div>
      <PagedTable<FeeLine>
        queryKey={['fee-lines', filter]}
        read={(cursor, signal) => api.feeLines({ ...filter, cursor, limit: 200 }, signal)}
        rowKey={(row) => row.id}
        empty={
          <EmptyState
            title={t('feeLine.empty')}
            hint={t(own ? 'feeLine.emptyHintMerchant' : 'feeLine.emptyHint')}
          />
        }
        summary={(rows, complete) => <Loaded rows={rows} complete={complete} />}
        columns={[
          {
            title: t('feeLine.stall'),
            key: 'stall',
            width: 100,
            render: (_, row) => (
              <button type="button" className="link" onClick={() => put({ line: String(row.id) })}>
                {row.lease.stall ?? row.meteringPoint.code}
              </button>
            ),
          },
          {
            title: t('feeLine.merchant'),
            key: 'merchant',
            width: 150,
            ellipsis: true,
            responsive: ['md'],
            render: (_, row) => row.lease.party,
          },
          {
            title: t('feeLine.component'),
            key: 'component',
            width: 170,
            render: (_, row) => (
              <>
                {t(`commodity.${row.commodity}`)} · {names.component(row.component)} · {bandText(row.band)}
                {row.kind !== 'original' && (
                  <>
                    {' '}
                    <span className="tag tag-busy">{t(`feeLine.kind.${row.kind}`)}</span>
                  </>
                )}
              </>
            ),
          },
          {
            title: t('feeLine.service'),
            key: 'service',
            width: 190,
            responsive: ['lg'],
            render: (_, row) => (
              <span className="nowrap">
                {row.passedAt === null ? (
                  <>
                    <Time at={row.serviceFrom} style="day" /> – <Time at={row.serviceTo} style="day" />
                  </>
                ) : (
                  <Time at={row.passedAt} style="minute" />
                )}
              </span>
            ),
          },
          {
            title: t('feeLine.quantity'),
            key: 'quantity',
            width: 130,
            align: 'right',
            responsive: ['sm'],
            render: (_, row) => (
              <span className="num nowrap">{quantityOf(row.quantity, row.unit, row.currency)}</span>
            ),
          },
          {
            title: t('feeLine.unitPrice'),
            key: 'price',
            width: 130,
            align: 'right',
            responsive: ['md'],
            render: (_, row) => <span className="num nowrap">{priceText(row)}</span>,
          },
          {
            title: t('feeLine.amount'),
            key: 'amount',
            width: 120,
            align: 'right',
            render: (_, row) => (
              <strong className="num nowrap">{formatMoney(row.amount, row.currency)}</strong>
            ),
          },
        ]}
      />
      {line > 0 && (
        <Suspense fallback={null}>
          <EvidenceSheet
            key={line}
            line={line}
            onOpen={(id) => put({ line: String(id) })}
            onClose={() => put({ line: undefined })}
          />
        </Suspense>
      )}
    </div>
  );
}

/** The sum of what is on the page; it says so, because more may not be loaded. */
function Loaded({ rows, complete }: { readonly rows: readonly FeeLine[]; readonly complete: boolean }) {
  const { t } = useTranslation();
  const quantityOf = useQuantity();
  const sums = sumUp(rows);
  return (
    <span className="panel-total">
      <span>{t('feeLine.loadedTotal', { count: rows.length })}</span>
      {[...sums.money].map(([currency, amount]) => (
        <strong key={currency} className="num">
          {formatMoney(String(amount), currency)}
        </strong>
      ))}
      {[...sums.quantities].map(([commodity, quantity]) => (
        <span key={commodity} className="num">
          {t(`commodity.${commodity}`)} {quantityOf(String(quantity), BASE_UNIT[commodity], '')}
        </span>
      ))}
      {!complete && <span className="tag tag-stale">{t('feeLine.loadedPart')}</span>}
    </span>
  );
}

/** Exact sums. The same usage is in a line for each component, so quantities are those of one component each. */
function sumUp(rows: readonly FeeLine[]): {
  readonly money: ReadonlyMap<string, bigint>;
  readonly quantities: ReadonlyMap<Commodity, bigint>;
} {
  const money = new Map<string, bigint>();
  const byComponent = new Map<string, { readonly commodity: Commodity; sum: bigint }>();
  for (const row of rows) {
    money.set(row.currency, (money.get(row.currency) ?? 0n) + BigInt(row.amount));
    // Demand, days and money are no usage.
    if (row.unit !== BASE_UNIT[row.commodity]) continue;
    const key = `${row.commodity}|${row.component}`;
    const entry = byComponent.get(key) ?? { commodity: row.commodity, sum: 0n };
    entry.sum += BigInt(row.quantity);
    byComponent.set(key, entry);
  }
  const quantities = new Map<Commodity, bigint>();
  for (const { commodity, sum } of byComponent.values()) {
    const most = quantities.get(commodity);
    if (most === undefined || sum > most) quantities.set(commodity, sum);
  }
  return { money, quantities };
}
