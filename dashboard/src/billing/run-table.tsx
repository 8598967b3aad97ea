import { Alert } from 'antd';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { PROBLEM_CODES, type ProblemCode } from '../../../domain/settlement/problems.ts';
import { api, type BillingRun } from '../api.ts';
import { formatMoney, formatNumber } from '../format.ts';
import { useSession } from '../session.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { EmptyState } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { Differences } from './differences.tsx';
import { RUN_TAGS } from './run-status.ts';

const RUNS_REFRESH_MS = 4_000;

/** Every run of the site, the newest first. */
export function RunTable() {
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
      mayExpand={(run) =>
        run.problems.length > 0 || run.error !== null || (run.kind === 'shadow' && run.status === 'succeeded')
      }
      columns={[
        {
          title: t('billing.period'),
          key: 'period',
          width: 110,
          render: (_, run) => <strong className="nowrap">{run.period}</strong>,
        },
        {
          title: t('periods.runKindLabel'),
          key: 'kind',
          width: 90,
          responsive: ['sm'],
          render: (_, run) => t(`periods.runKind.${run.kind}`),
        },
        {
          title: t('floor.state'),
          key: 'status',
          width: 110,
          render: (_, run) => (
            <span className={RUN_TAGS[run.status]}>{t(`billing.status.${run.status}`)}</span>
          ),
        },
        {
          title: t('billing.requested'),
          key: 'requested',
          responsive: ['md'],
          render: (_, run) => (
            <>
              <Time at={run.requestedAt} /> <span className="muted">{requestedBy(run, t)}</span>
            </>
          ),
        },
        {
          title: t('billing.lines'),
          key: 'lines',
          align: 'right',
          responsive: ['sm'],
          render: (_, run) => <span className="num">{formatNumber(run.linesPosted)}</span>,
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

/** A run that nobody asked for says what did. */
function requestedBy({ requestedBy: by }: BillingRun, t: TFunction): string {
  return by === 'schedule' || by === 'residual' || by === 'tiers' ? t(`billing.by.${by}`) : by;
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
      {run.kind === 'shadow' && run.status === 'succeeded' && <Differences run={run} />}
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
