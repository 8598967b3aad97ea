import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Segmented } from 'antd';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { settlementApi } from '../api/settlement.ts';
import { formatMoney } from '../format.ts';
import { useMay, useSession } from '../session.tsx';
import { describeError, Loading } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { useAddress } from '../ui/use-address.ts';
import { PartyList } from './parties.tsx';

const HoldList = lazy(async () => ({ default: (await import('./holds.tsx')).HoldList }));
const RuleList = lazy(async () => ({ default: (await import('./rules.tsx')).RuleList }));
const StatementSheet = lazy(async () => ({
  default: (await import('./statement-sheet.tsx')).StatementSheet,
}));

const VIEWS = ['parties', 'rules', 'holds'] as const;
const WAIT_MS = 1_000;

export function SettlementPage() {
  const { t } = useTranslation();
  const [get, put] = useAddress();
  const view = VIEWS.find((one) => one === get('view')) ?? 'parties';
  const party = Number(get('party') ?? 0);
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('settlement.title')}</h1>
        <Segmented
          aria-label={t('ledger.view')}
          value={view}
          onChange={(value) => put({ view: value === 'parties' ? undefined : value })}
          options={VIEWS.map((value) => ({ value, label: t(`settlement.view.${value}`) }))}
        />
      </div>
      <p className="page-intro">{t(`settlement.intro.${view}`)}</p>
      {view === 'parties' && (
        <>
          <LastRun />
          <PartyList onOpen={(id) => put({ party: String(id) })} />
        </>
      )}
      <Suspense fallback={<Loading page />}>
        {view === 'rules' && <RuleList />}
        {view === 'holds' && <HoldList />}
      </Suspense>
      <Suspense fallback={null}>
        {party > 0 && <StatementSheet key={party} party={party} onClose={() => put({ party: undefined })} />}
      </Suspense>
    </div>
  );
}

/** When shares were last worked out, and the button to do it now. */
function LastRun() {
  const { t } = useTranslation();
  const { site } = useSession();
  const mayRun = useMay('settlement:write');
  const client = useQueryClient();
  const runs = useQuery({
    queryKey: ['settlement-runs', site.id],
    async queryFn({ signal }) {
      const page = await settlementApi.runs({ site: site.id, limit: 1 }, signal);
      if (page.items[0]?.status !== 'queued') {
        await client.invalidateQueries({ queryKey: ['settlement-parties'] });
      }
      return page;
    },
    refetchInterval: ({ state }) => (state.data?.items[0]?.status === 'queued' ? WAIT_MS : false),
  });
  const start = useMutation({
    mutationFn: () => settlementApi.run(site.id),
    onSuccess: () => client.invalidateQueries({ queryKey: ['settlement-runs'] }),
  });
  const last = runs.data?.items[0];
  return (
    <div className="panel panel-pad row" aria-live="polite">
      <span>
        {last === undefined ? (
          t('settlement.neverRun')
        ) : last.status === 'queued' ? (
          t('settlement.running')
        ) : (
          <>
            {t('settlement.lastRun', {
              count: last.lines,
              amount: formatMoney(last.amount, site.currency),
            })}{' '}
            <span className="muted">
              <Time at={last.finishedAt} style="minute" /> {last.requestedBy}
            </span>
          </>
        )}
      </span>
      {mayRun && (
        <Button loading={start.isPending || last?.status === 'queued'} onClick={() => start.mutate()}>
          {t('settlement.runNow')}
        </Button>
      )}
      {last?.error && <Alert type="error" showIcon title={last.error} />}
      {start.error !== null && <Alert type="error" showIcon title={describeError(start.error, t)} />}
    </div>
  );
}
