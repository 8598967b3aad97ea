import './audit.css';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Alert, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { auditsApi } from '../api/audits.ts';
import { useMay, useSession } from '../session.tsx';
import { describeError } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

/** Has every line of a bill computed again from what is stored, and says what came of it last time. */
export function ReplayButton({ bill }: { readonly bill: number }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const mayRun = useMay('audit:run');
  const navigate = useNavigate();
  const before = useQuery({
    queryKey: ['audits', site.id, 'bill', bill],
    queryFn: ({ signal }) => auditsApi.list({ site: site.id, bill, limit: 1 }, signal),
    enabled: mayRun,
  });
  const start = useMutation({
    mutationFn: () => auditsApi.start({ bill }),
    onSuccess: ({ id, period }) => navigate(`/audit?period=${period}&audit=${id}`),
  });
  if (!mayRun) return null;
  const last = before.data?.items[0];
  return (
    <div className="stack">
      <div className="row">
        <Button loading={start.isPending} onClick={() => start.mutate()}>
          {t('audit.replayBill')}
        </Button>
        {last && (
          <Link className="audit-link" to={`/audit?period=${last.period}&audit=${last.id}`}>
            <Time at={last.requestedAt} style="minute" /> ·{' '}
            {last.violations === null
              ? t(`audit.status.${last.status}`)
              : last.violations === 0
                ? t('audit.equal')
                : t('audit.differ', { count: last.violations })}{' '}
            →
          </Link>
        )}
      </div>
      {start.error !== null && <Alert type="error" showIcon title={describeError(start.error, t)} />}
    </div>
  );
}
