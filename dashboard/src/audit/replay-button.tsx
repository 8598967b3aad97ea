import { useMutation } from '@tanstack/react-query';
import { Alert, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { auditsApi } from '../api/audits.ts';
import { useMay } from '../session.tsx';
import { describeError } from '../ui/states.tsx';

/** Has every line of a bill computed again from what is stored. */
export function ReplayButton({ bill }: { readonly bill: number }) {
  const { t } = useTranslation();
  const mayRun = useMay('audit:run');
  const navigate = useNavigate();
  const start = useMutation({
    mutationFn: () => auditsApi.start({ bill }),
    onSuccess: ({ id, period }) => navigate(`/audit?period=${period}&audit=${id}`),
  });
  if (!mayRun) return null;
  return (
    <>
      <Button loading={start.isPending} onClick={() => start.mutate()}>
        {t('audit.replayBill')}
      </Button>
      {start.error !== null && <Alert type="error" showIcon title={describeError(start.error, t)} />}
    </>
  );
}
