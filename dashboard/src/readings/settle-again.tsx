import { useMutation } from '@tanstack/react-query';
import { Alert, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api, serverNow } from '../api.ts';
import { formatTime } from '../format.ts';
import { useMay, useSession } from '../session.tsx';
import { describeError } from '../ui/states.tsx';

/** After a decision: charges what it changed, in the month and, for prepaid leases, the day that it lies in. */
export function SettleAgain({ at }: { readonly at: number }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const mayRun = useMay('billing:run');
  const settle = useMutation({ mutationFn: (period: string) => api.startRun({ site: site.id, period }) });
  const day = formatTime(at, site.timeZone, 'day');
  const today = formatTime(serverNow(), site.timeZone, 'day');
  const periods = [day.slice(0, 7), day].filter((period) => !today.startsWith(period) && period < today);
  if (!mayRun || periods.length === 0) return null;
  return (
    <div className="note stack">
      <span>{t('readings.settleHint')}</span>
      <div className="row">
        {periods.map((period) => (
          <Button key={period} loading={settle.isPending} onClick={() => settle.mutate(period)}>
            {t('readings.settle', { period })}
          </Button>
        ))}
        {settle.data !== undefined && (
          <Link to="/billing">{t('readings.settling', { period: settle.data.period })} →</Link>
        )}
      </div>
      {settle.error !== null && <Alert type="error" showIcon title={describeError(settle.error, t)} />}
    </div>
  );
}
