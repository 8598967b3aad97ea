import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { periodsApi } from '../api/periods.ts';
import { serverNow } from '../api.ts';
import { recentDays, recentMonths } from '../format.ts';
import { useMay, useSession } from '../session.tsx';
import { describeError } from '../ui/states.tsx';
import { CurrentRun } from './current-run.tsx';
import { PeriodTable } from './period-table.tsx';
import { RunTable } from './run-table.tsx';

const MONTHS_SHOWN = 24;
const DAYS_SHOWN = 35;

export function BillingPage() {
  const { t } = useTranslation();
  const { site } = useSession();
  const mayRun = useMay('billing:run');
  const client = useQueryClient();
  // The month and the day that are running cannot be charged yet.
  const months = recentMonths(serverNow(), site.timeZone, MONTHS_SHOWN).slice(1);
  const days = recentDays(serverNow(), site.timeZone, DAYS_SHOWN).slice(1);
  const [period, setPeriod] = useState(months[0] ?? '');
  const [started, setStarted] = useState<number | null>(null);
  const onStarted = (run: { readonly id: number }): void => {
    setStarted(run.id);
    void client.invalidateQueries({ queryKey: ['runs'] });
    void client.invalidateQueries({ queryKey: ['periods'] });
  };
  const start = useMutation({
    mutationFn: (kind: 'charge' | 'shadow') => periodsApi.startRun({ site: site.id, period, kind }),
    onSuccess: onStarted,
  });
  const optionsOf = (periods: readonly string[]) => periods.map((value) => ({ value, label: value }));

  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('billing.title')}</h1>
      </div>
      <p className="page-intro">{t('billing.intro')}</p>
      {mayRun && (
        <div className="panel panel-pad stack">
          <h2>{t('billing.run')}</h2>
          <div className="row">
            <Select
              className="filter"
              aria-label={t('billing.period')}
              value={period}
              onChange={setPeriod}
              options={[
                { label: t('periods.month'), options: optionsOf(months) },
                { label: t('periods.day'), options: optionsOf(days) },
              ]}
            />
            <Button type="primary" loading={start.isPending} onClick={() => start.mutate('charge')}>
              {t('billing.start')}
            </Button>
            <Button loading={start.isPending} onClick={() => start.mutate('shadow')}>
              {t('periods.dryRun')}
            </Button>
          </div>
          <p className="muted">{t('periods.dryRunHint')}</p>
          {start.error !== null && <Alert type="error" showIcon title={describeError(start.error, t)} />}
        </div>
      )}
      {started !== null && (
        <div className="panel panel-pad">
          <CurrentRun id={started} />
        </div>
      )}
      <h2>{t('periods.title')}</h2>
      <p className="page-intro">{t('periods.intro')}</p>
      <PeriodTable onClosing={onStarted} />
      <h2>{t('billing.runs')}</h2>
      <RunTable />
    </div>
  );
}
