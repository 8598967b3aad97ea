import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Progress, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { PROBLEM_CODES, type ProblemCode } from '../../../domain/settlement/settle.ts';
import { api, type BillingRun, serverNow } from '../api.ts';
import { formatMoney, recentMonths } from '../format.ts';
import { useSession } from '../session.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { describeError, EmptyState, ErrorState } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

const MONTHS_SHOWN = 24;
const TAGS: Record<BillingRun['status'], string> = {
  queued: 'tag tag-busy',
  running: 'tag tag-busy',
  succeeded: 'tag tag-good',
  failed: 'tag tag-bad',
};
const isUnderWay = (run: BillingRun | undefined): boolean =>
  run?.status === 'queued' || run?.status === 'running';

export function BillingPage() {
  const { t } = useTranslation();
  const { site } = useSession();
  const client = useQueryClient();
  // The month that is running cannot be charged yet.
  const months = recentMonths(serverNow(), site.timeZone, MONTHS_SHOWN).slice(1);
  const [period, setPeriod] = useState(months[0] ?? '');
  const [started, setStarted] = useState<number | null>(null);
  const start = useMutation({
    mutationFn: () => api.startRun({ site: site.id, period }),
    onSuccess(run) {
      setStarted(run.id);
      void client.invalidateQueries({ queryKey: ['runs'] });
    },
  });

  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('billing.title')}</h1>
      </div>
      <p className="page-intro">{t('billing.intro')}</p>
      <div className="panel panel-pad stack">
        <h2>{t('billing.run')}</h2>
        <div className="row">
          <Select
            className="filter"
            aria-label={t('billing.period')}
            value={period}
            onChange={setPeriod}
            options={months.map((month) => ({ value: month, label: month }))}
          />
          <Button type="primary" loading={start.isPending} onClick={() => start.mutate()}>
            {t('billing.start')}
          </Button>
        </div>
        {start.error !== null && <Alert type="error" showIcon title={describeError(start.error, t)} />}
        {started !== null && <CurrentRun id={started} />}
      </div>
      <h2>{t('billing.runs')}</h2>
      <RunTable />
    </div>
  );
}

function CurrentRun({ id }: { readonly id: number }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const run = useQuery({
    queryKey: ['run', id],
    queryFn: ({ signal }) => api.run(id, signal),
    refetchInterval: ({ state }) => (state.data === undefined || isUnderWay(state.data) ? 700 : false),
  });
  if (run.data === undefined) return run.error ? <ErrorState error={run.error} /> : null;
  const { status, period, pointsDone, pointsTotal, linesPosted, amountPosted, problems, error } = run.data;
  return (
    <div className="stack" aria-live="polite" data-run={status}>
      <div className="row">
        <strong>{period}</strong>
        <span className={TAGS[status]}>{t(`billing.status.${status}`)}</span>
        <span className="num">{t('billing.progress', { done: pointsDone, total: pointsTotal })}</span>
      </div>
      <Progress
        aria-label={t('billing.progress', { done: pointsDone, total: pointsTotal })}
        percent={pointsTotal === 0 ? 0 : Math.floor((100 * pointsDone) / pointsTotal)}
        status={status === 'failed' ? 'exception' : status === 'succeeded' ? 'success' : 'active'}
      />
      {status === 'succeeded' && (
        <div className="row">
          <span>
            {t('billing.lines')} <strong className="num">{linesPosted}</strong>
          </span>
          <span>
            {t('billing.amount')} <strong className="num">{formatMoney(amountPosted, site.currency)}</strong>
          </span>
          <span>
            {problems.length === 0
              ? t('billing.noProblems')
              : t('billing.problemsCount', { count: problems.length })}
          </span>
          <Link to={`/fee-lines?period=${period}`}>{t('billing.seeLines')} →</Link>
        </div>
      )}
      {error !== null && <Alert type="error" showIcon title={error} />}
    </div>
  );
}

const RUNS_REFRESH_MS = 4_000;

function RunTable() {
  const { t } = useTranslation();
  const { site } = useSession();
  return (
    <PagedTable<BillingRun>
      queryKey={['runs', site.id]}
      read={(cursor, signal) => api.runs({ site: site.id, cursor, limit: 50 }, signal)}
      rowKey={(run) => run.id}
      refreshMs={RUNS_REFRESH_MS}
      empty={<EmptyState title={t('billing.empty')} hint={t('billing.emptyHint')} />}
      expanded={(run) => <Problems run={run} />}
      mayExpand={(run) => run.problems.length > 0 || run.error !== null}
      columns={[
        {
          title: t('billing.period'),
          key: 'period',
          width: 110,
          render: (_, run) => <strong>{run.period}</strong>,
        },
        {
          title: t('floor.state'),
          key: 'status',
          width: 110,
          render: (_, run) => <span className={TAGS[run.status]}>{t(`billing.status.${run.status}`)}</span>,
        },
        {
          title: t('billing.requested'),
          key: 'requested',
          responsive: ['md'],
          render: (_, run) => (
            <>
              <Time at={run.requestedAt} /> <span className="muted">{run.requestedBy}</span>
            </>
          ),
        },
        {
          title: t('billing.lines'),
          key: 'lines',
          align: 'right',
          responsive: ['sm'],
          render: (_, run) => <span className="num">{run.linesPosted}</span>,
        },
        {
          title: t('billing.amount'),
          key: 'amount',
          align: 'right',
          render: (_, run) => (
            <span className="num nowrap">{formatMoney(run.amountPosted, site.currency)}</span>
          ),
        },
        {
          title: t('billing.problems'),
          key: 'problems',
          width: 100,
          align: 'right',
          render: (_, run) =>
            run.problems.length === 0 ? '0' : <span className="tag tag-bad num">{run.problems.length}</span>,
        },
      ]}
    />
  );
}

const PROBLEMS_SHOWN = 200;

function Problems({ run }: { readonly run: BillingRun }) {
  const { t } = useTranslation();
  const nameOf = (code: string) => {
    const known = PROBLEM_CODES.find((one): one is ProblemCode => one === code);
    return known === undefined ? code : t(`problem.${known}`);
  };
  return (
    <>
      {run.error !== null && <Alert type="error" showIcon title={run.error} />}
      <table className="values">
        <tbody>
          {run.problems.slice(0, PROBLEMS_SHOWN).map((problem) => (
            <tr key={`${problem.meteringPointId} ${problem.code} ${problem.detail}`}>
              <th scope="row">{t('billing.point', { id: problem.meteringPointId })}</th>
              <td>{nameOf(problem.code)}</td>
              <td className="muted">{problem.detail}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {run.problems.length > PROBLEMS_SHOWN && (
        <p className="muted">
          {t('billing.problemsShown', { shown: PROBLEMS_SHOWN, count: run.problems.length })}
        </p>
      )}
    </>
  );
}
