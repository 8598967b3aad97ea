import { Input } from 'antd';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { type Lease, readingsApi } from '../api/readings.ts';

import { useMay, useSession } from '../session.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { EmptyState } from '../ui/states.tsx';
import { useAddress } from '../ui/use-address.ts';
import { Term } from './term.tsx';

const HandoverSheet = lazy(async () => ({ default: (await import('./handover-sheet.tsx')).HandoverSheet }));
const LeaseSheet = lazy(async () => ({ default: (await import('./lease-sheet.tsx')).LeaseSheet }));

const REFRESH_MS = 30_000;

export function LeasesPage() {
  const { t } = useTranslation();
  const { site } = useSession();
  const mayWrite = useMay('leases:write');
  const [get, put] = useAddress();
  const filter = { site: site.id, q: get('q') };
  const opened = Number(get('lease') ?? 0);
  const handedOver = Number(get('handover') ?? 0);
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('leases.title')}</h1>
        <div className="filters">
          <Input.Search
            key={filter.q}
            className="filter-wide"
            allowClear
            aria-label={t('leases.search')}
            placeholder={t('leases.search')}
            defaultValue={filter.q}
            onSearch={(q) => put({ q: q.trim() })}
          />
        </div>
      </div>
      <PagedTable<Lease>
        queryKey={['leases', filter]}
        read={(cursor, signal) => readingsApi.leases({ ...filter, cursor, limit: 100 }, signal)}
        rowKey={(row) => row.id}
        refreshMs={REFRESH_MS}
        empty={<EmptyState title={t('leases.empty')} hint={t('leases.emptyHint')} />}
        columns={[
          {
            title: t('feeLine.stall'),
            key: 'stall',
            width: 110,
            render: (_, row) => (
              <button type="button" className="link" onClick={() => put({ lease: String(row.id) })}>
                {row.stall?.code ?? t(row.kind === 'walk_in' ? 'assign.walkIn' : 'leases.own')}
              </button>
            ),
          },
          { title: t('feeLine.merchant'), key: 'party', render: (_, row) => row.party.name },
          {
            title: t('stall.charging'),
            key: 'charging',
            width: 110,
            render: (_, row) => t(`charging.${row.charging}`),
          },
          {
            title: t('stall.term'),
            key: 'term',
            width: 210,
            responsive: ['sm'],
            render: (_, row) => <Term lease={row} />,
          },
        ]}
      />
      <Suspense fallback={null}>
        {opened > 0 && handedOver === 0 && (
          <LeaseSheet
            key={opened}
            id={opened}
            onClose={() => put({ lease: undefined })}
            onHandover={mayWrite ? (stall) => put({ handover: String(stall) }) : undefined}
          />
        )}
        {handedOver > 0 && <HandoverSheet stall={handedOver} onClose={() => put({ handover: undefined })} />}
      </Suspense>
    </div>
  );
}
