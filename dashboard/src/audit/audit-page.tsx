import './audit.css';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Progress, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { auditsApi } from '../api/audits.ts';
import { serverNow } from '../api.ts';
import { recentDays, recentMonths } from '../format.ts';
import { useMay, useSession } from '../session.tsx';
import { describeError, EmptyState, ErrorState, Loading } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { useAddress } from '../ui/use-address.ts';
import { AuditResult } from './audit-result.tsx';
import { ExportAudit } from './export-audit.tsx';

const MONTHS_SHOWN = 24;
const DAYS_SHOWN = 35;
const HISTORY_SHOWN = 50;
const WAIT_MS = 1_000;

const optionsOf = (periods: readonly string[]) => periods.map((value) => ({ value, label: value }));

/** The thirteen rules that every month's money obeys: checked whenever somebody asks, with all that was checked before. */
export function AuditPage() {
  const { t } = useTranslation();
  const { site } = useSession();
  const [get, put] = useAddress();
  const mayRun = useMay('audit:run');
  const client = useQueryClient();
  // The month that is running is not over.
  const months = recentMonths(serverNow(), site.timeZone, MONTHS_SHOWN + 1).slice(1);
  const days = recentDays(serverNow(), site.timeZone, DAYS_SHOWN);
  const period = get('period') ?? months[0] ?? '';
  const list = useQuery({
    queryKey: ['audits', site.id, period],
    queryFn: ({ signal }) => auditsApi.list({ site: site.id, period, limit: HISTORY_SHOWN }, signal),
  });
  const start = useMutation({
    mutationFn: () => auditsApi.start({ site: site.id, period }),
    async onSuccess(audit) {
      await client.invalidateQueries({ queryKey: ['audits'] });
      put({ period, audit: String(audit.id) });
    },
  });
  // A period that is older than those listed can be asked for by its address.
  const isDay = period.length > 'yyyy-mm'.length;
  const monthsShown = isDay ? months : [...new Set([period, ...months])];
  const daysShown = isDay ? [...new Set([period, ...days])] : days;
  const chosen = Number(get('audit') ?? 0) || (list.data?.items[0]?.id ?? 0);
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('audit.title')}</h1>
        <div className="filters no-print">
          <Select
            className="filter"
            aria-label={t('audit.period')}
            value={period}
            onChange={(value: string) => put({ period: value, audit: undefined })}
            options={[
              { label: t('periods.month'), options: optionsOf(monthsShown) },
              { label: t('periods.day'), options: optionsOf(daysShown) },
            ]}
          />
          {mayRun && (
            <Button type="primary" loading={start.isPending} onClick={() => start.mutate()}>
              {t('audit.run')}
            </Button>
          )}
        </div>
      </div>
      <p className="page-intro">{t('audit.intro')}</p>
      {start.error !== null && <Alert type="error" showIcon title={describeError(start.error, t)} />}
      {list.data === undefined ? (
        list.error ? (
          <ErrorState error={list.error} retry={() => void list.refetch()} />
        ) : (
          <Loading />
        )
      ) : chosen === 0 ? (
        <EmptyState title={t('audit.none')} hint={t('audit.noneHint')} />
      ) : (
        <Chosen key={chosen} id={chosen} />
      )}
      {(list.data?.items.length ?? 0) > 1 && (
        <section className="no-print">
          <h2>{t('audit.history')}</h2>
          <ul className="audit-history">
            {list.data?.items.map((one) => (
              <li key={one.id}>
                <Link to={`/audit?period=${period}&audit=${one.id}`}>
                  <Time at={one.requestedAt} style="minute" />
                </Link>{' '}
                {one.requestedBy} · {t(`audit.status.${one.status}`)}
                {one.violations !== null && ` · ${t('audit.violations', { count: one.violations })}`}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function Chosen({ id }: { readonly id: number }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const audit = useQuery({
    queryKey: ['audit', id],
    async queryFn({ signal }) {
      const one = await auditsApi.one(id, signal);
      if (one.finishedAt !== null) await client.invalidateQueries({ queryKey: ['audits'] });
      return one;
    },
    refetchInterval: ({ state }) => (state.data && state.data.finishedAt === null ? WAIT_MS : false),
  });
  const one = audit.data;
  if (!one) {
    return audit.error ? <ErrorState error={audit.error} retry={() => void audit.refetch()} /> : <Loading />;
  }
  const percent = Math.floor(one.progress / 10);
  return (
    <section aria-live="polite" className="stack">
      <div className="row">
        <span>
          <strong>{one.period}</strong>{' '}
          {one.bill !== null && (
            <Link className="audit-link" to={`/bills?bill=${one.bill}`}>
              {t('audit.bill', { id: one.bill })} →
            </Link>
          )}{' '}
          <span className="muted">
            <Time at={one.finishedAt ?? one.requestedAt} style="minute" /> · {one.requestedBy}
          </span>
        </span>
        {(one.findings || one.replay) && (
          <span className="row no-print">
            <ExportAudit audit={one} />
            <Button onClick={() => window.print()}>{t('audit.print')}</Button>
          </span>
        )}
      </div>
      {one.error !== null && (
        <Alert type="error" showIcon title={t('audit.failed')} description={one.error} />
      )}
      {one.finishedAt === null && (
        <div data-audit={one.status}>
          <p>{t(one.status === 'queued' ? 'audit.waiting' : 'audit.checking', { percent })}</p>
          <Progress aria-label={t('audit.checking', { percent })} percent={percent} status="active" />
        </div>
      )}
      {(one.findings || one.replay) && <AuditResult audit={one} />}
    </section>
  );
}
