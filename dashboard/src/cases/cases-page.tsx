import { Segmented, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { CASE_KINDS } from '../../../domain/cases.ts';
import { type Case, casesApi } from '../api/cases.ts';
import { useSession } from '../session.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { EmptyState } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { useAddress } from '../ui/use-address.ts';
import { CaseSheet } from './case-sheet.tsx';
import { aboutOf } from './kinds.ts';
import { useResolution } from './resolution.ts';

const REFRESH_MS = 10_000;

export function CasesPage() {
  const { t } = useTranslation();
  const { site } = useSession();
  const resolution = useResolution();
  const [get, put] = useAddress();
  const status = get('status') === 'closed' ? 'closed' : 'open';
  const filter = { site: site.id, status, kind: get('kind') };
  const opened = Number(get('case') ?? 0);
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('cases.title')}</h1>
        <div className="filters">
          <Segmented
            aria-label={t('cases.status')}
            value={status}
            onChange={(value) => put({ status: value === 'open' ? undefined : value })}
            options={[
              { value: 'open', label: t('cases.open') },
              { value: 'closed', label: t('cases.closed') },
            ]}
          />
          <Select
            className="filter"
            allowClear
            aria-label={t('cases.kindLabel')}
            placeholder={t('cases.kindLabel')}
            value={filter.kind}
            onChange={(kind: string | undefined) => put({ kind })}
            options={CASE_KINDS.map((kind) => ({ value: kind, label: t(`cases.kind.${kind}`) }))}
          />
        </div>
      </div>
      <p className="page-intro">{t('cases.intro')}</p>
      <PagedTable<Case>
        queryKey={['cases', filter]}
        read={(cursor, signal) => casesApi.list({ ...filter, cursor, limit: 50 }, signal)}
        rowKey={(row) => row.id}
        refreshMs={REFRESH_MS}
        empty={
          <EmptyState
            title={t(status === 'open' ? 'cases.empty' : 'cases.emptyClosed')}
            hint={t(status === 'open' ? 'cases.emptyHint' : 'cases.emptyClosedHint')}
          />
        }
        columns={[
          {
            title: t('cases.kindLabel'),
            key: 'kind',
            width: 190,
            render: (_, row) => (
              <button type="button" className="link" onClick={() => put({ case: String(row.id) })}>
                {t(`cases.kind.${row.kind}`)}
              </button>
            ),
          },
          {
            title: t('cases.about'),
            key: 'about',
            render: (_, row) => (
              <>
                {aboutOf(row)}
                <div className="phone-only muted">
                  <Time at={row.openedAt} />
                </div>
              </>
            ),
          },
          {
            title: t('cases.count'),
            key: 'count',
            width: 90,
            align: 'right',
            responsive: ['md'],
            render: (_, row) => <span className="num">{row.count}</span>,
          },
          {
            title: t('cases.opened'),
            key: 'opened',
            width: 170,
            responsive: ['sm'],
            render: (_, row) => <Time at={row.openedAt} />,
          },
          ...(status === 'closed'
            ? [
                {
                  title: t('cases.decision'),
                  key: 'decision',
                  width: 200,
                  render: (_: unknown, row: Case) => (
                    <>
                      {resolution(row.resolution)} <span className="muted">{row.closedBy}</span>
                    </>
                  ),
                },
              ]
            : []),
        ]}
      />
      {opened > 0 && <CaseSheet key={opened} id={opened} onClose={() => put({ case: undefined })} />}
    </div>
  );
}
