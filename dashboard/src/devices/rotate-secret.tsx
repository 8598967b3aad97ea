import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Popconfirm } from 'antd';
import { useTranslation } from 'react-i18next';
import { api } from '../api.ts';
import { CopyLine } from '../ui/copy.tsx';
import { describeError } from '../ui/states.tsx';

export function RotateSecret({ device }: { readonly device: string }) {
  const { t } = useTranslation();
  const rotate = useMutation({ mutationFn: () => api.rotateSecret(device) });
  return (
    <>
      <h3>{t('registerDevice.secret')}</h3>
      <div className="stack">
        {rotate.data === undefined ? (
          <div>
            <Popconfirm
              title={t('device.rotateConfirm')}
              description={t('device.rotateHint')}
              onConfirm={() => rotate.mutate()}
              okText={t('common.confirm')}
              cancelText={t('common.cancel')}
            >
              <Button loading={rotate.isPending}>{t('device.rotate')}</Button>
            </Popconfirm>
          </div>
        ) : (
          <>
            <Alert type="warning" showIcon title={t('registerDevice.once')} />
            <CopyLine className="secret" text={rotate.data.secret} />
          </>
        )}
        {rotate.error !== null && <Alert type="error" showIcon title={describeError(rotate.error, t)} />}
      </div>
    </>
  );
}
