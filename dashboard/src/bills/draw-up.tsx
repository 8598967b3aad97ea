import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Modal, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type BillRun, billsApi } from '../api/bills.ts';
import { serverNow } from '../api.ts';
import { formatMoney, recentMonths } from '../format.ts';
import { zhCN } from '../locales/zh-CN.ts';
import { useSession } from '../session.tsx';
import { describeError } from '../ui/states.tsx';

const MONTHS_SHOWN = 24;
const RUNS_SHOWN = 10;
const PROBLEMS_SHOWN = 50;
const isUnderWay = (run: BillRun): boolean => run.status === 'queued' || run.status === 'running';
type RunProblem = keyof typeof zhCN.bills.runProblem;
const isKnown = (code: string): code is RunProblem => code in zhCN.bills.runProblem;

/** Draws up a closed month's bills, and shows the last runs and how far they are. */
export function DrawUp({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const client = useQueryClient();
  const months = recentMonths(serverNow(), site.timeZone, MONTHS_SHOWN).slice(1);
  const [period, setPeriod] = useState(months[0] ?? '');
  const runs = useQuery({
    queryKey: ['bill-runs', site.id],
    queryFn: ({ signal }) => billsApi.runs({ site: site.id, limit: RUNS_SHOWN }, signal),
    refetchInterval: ({ state }) => (state.data?.items.some(isUnderWay) ? 700 : 5_000),
  });
  const underWay = runs.data?.items.some(isUnderWay) ?? false;
  useEffect(() => {
    if (!underWay) void client.invalidateQueries({ queryKey: ['bills'] });
  }, [underWay, client]);
  const start = useMutation({
    mutationFn: () => billsApi.drawUp({ site: site.id, period }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['bill-runs'] }),
  });
  return (
    <Modal open title={t('bills.drawUpTitle')} footer={null} onCancel={onClose}>
      <div className="stack">
        <p>{t('bills.drawUpHint')}</p>
        <div className="row">
          <Select
            className="filter"
            aria-label={t('bills.period')}
            value={period}
            onChange={setPeriod}
            options={months.map((value) => ({ value, label: value }))}
          />
          <Button type="primary" loading={start.isPending} onClick={() => start.mutate()}>
            {t('bills.drawUp')}
          </Button>
        </div>
        {start.error !== null && <Alert type="error" showIcon title={describeError(start.error, t)} />}
        <ul className="cards" aria-live="polite">
          {runs.data?.items.map((run) => (
            <RunCard key={run.id} run={run} />
          ))}
        </ul>
      </div>
    </Modal>
  );
}

function RunCard({ run }: { readonly run: BillRun }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const tag =
    run.status === 'failed' ? 'tag tag-bad' : run.status === 'succeeded' ? 'tag tag-good' : 'tag tag-busy';
  return (
    <li className="card">
      <div className="card-head">
        <span>
          {t('bills.drawUpRun', {
            period: run.period,
            done: run.leasesDone,
            total: run.leasesTotal,
            bills: run.bills,
          })}
        </span>
        <span className="num">{formatMoney(run.amount, site.currency)}</span>
        <span className={tag}>{t(`bills.runStatus.${run.status}`)}</span>
      </div>
      {run.error !== null && <Alert type="error" showIcon title={run.error} />}
      {run.problems.length > 0 && (
        <div className="note note-bad">
          {t('bills.runProblems', { count: run.problems.length })}
          <ul>
            {run.problems.slice(0, PROBLEMS_SHOWN).map(({ leaseId, code }) => (
              <li key={leaseId}>
                {isKnown(code) ? t(`bills.runProblem.${code}`, { lease: leaseId }) : `${leaseId} ${code}`}
              </li>
            ))}
          </ul>
        </div>
      )}
    </li>
  );
}
