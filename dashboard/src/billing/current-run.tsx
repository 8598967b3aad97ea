import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Progress } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api } from '../api.ts';
import { formatMoney } from '../format.ts';
import { useSession } from '../session.tsx';
import { ErrorState } from '../ui/states.tsx';
import { Differences } from './differences.tsx';
import { isUnderWay, RUN_TAGS } from './run-status.ts';

/** A run that was just asked for, until it has ended, and what came of it. */
export function CurrentRun({ id }: { readonly id: number }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const run = useQuery({
    queryKey: ['run', id],
    queryFn: ({ signal }) => api.run(id, signal),
    refetchInterval: ({ state }) => (state.data === undefined || isUnderWay(state.data) ? 700 : false),
  });
  const client = useQueryClient();
  const ended = run.data !== undefined && !isUnderWay(run.data);
  useEffect(() => {
    if (!ended) return;
    void client.invalidateQueries({ queryKey: ['runs'] });
    void client.invalidateQueries({ queryKey: ['periods'] });
  }, [client, ended]);
  if (run.data === undefined) return run.error ? <ErrorState error={run.error} /> : null;
  const { status, kind, period, pointsDone, pointsTotal, linesPosted, amountPosted, problems, error } =
    run.data;
  return (
    <div className="stack" aria-live="polite" data-run={status}>
      <div className="row">
        <strong>{period}</strong>
        <span>{t(`periods.runKind.${kind}`)}</span>
        <span className={RUN_TAGS[status]}>{t(`billing.status.${status}`)}</span>
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
            {t(kind === 'shadow' ? 'periods.wouldPost' : 'billing.lines')}{' '}
            <strong className="num">{linesPosted}</strong>
          </span>
          <span>
            {t('billing.amount')} <strong className="num">{formatMoney(amountPosted, site.currency)}</strong>
          </span>
          <span>
            {problems.length === 0
              ? t('billing.noProblems')
              : t('billing.problemsCount', { count: problems.length })}
          </span>
          {kind !== 'shadow' && <Link to={`/fee-lines?period=${period}`}>{t('billing.seeLines')} →</Link>}
        </div>
      )}
      {status === 'succeeded' && kind === 'shadow' && <Differences run={run.data} />}
      {error !== null && <Alert type="error" showIcon title={error} />}
    </div>
  );
}
