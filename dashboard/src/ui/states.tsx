import { Button, Empty, Result, Skeleton } from 'antd';
import type { TFunction } from 'i18next';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api.ts';

/** The one translator of errors into sentences. */
export function describeError(error: unknown, t: TFunction): string {
  if (!(error instanceof ApiError)) return t('errors.crashedHint');
  if (error.kind === 'network') return t('errors.network');
  if (error.kind === 'shape') return t('errors.shape');
  const { status, detail } = error;
  if (status === 401) return t('session.expired');
  if (status === 403) return t('errors.forbidden');
  if (status === 404) return t('errors.notFound');
  if (status === 409) return t('errors.conflict', { detail });
  if (status === 429) return t('session.tooMany');
  if (status < 500) return t('errors.invalid', { detail });
  return t('errors.server', { status });
}

export function ErrorState({
  error,
  retry,
}: {
  readonly error: unknown;
  readonly retry?: (() => void) | undefined;
}) {
  const { t } = useTranslation();
  return (
    <div className="state" role="alert">
      <Result
        status="warning"
        title={t('errors.title')}
        subTitle={describeError(error, t)}
        extra={
          retry && (
            <Button type="primary" onClick={retry}>
              {t('common.retry')}
            </Button>
          )
        }
      />
    </div>
  );
}

export function EmptyState({
  title,
  hint,
  children,
}: {
  readonly title: string;
  readonly hint: string;
  readonly children?: ReactNode;
}) {
  return (
    <div className="state">
      <Empty
        image={Empty.PRESENTED_IMAGE_SIMPLE}
        description={
          <>
            <div className="state-title">{title}</div>
            <div className="state-hint">{hint}</div>
          </>
        }
      >
        {children}
      </Empty>
    </div>
  );
}

export function Loading({ page = false }: { readonly page?: boolean }) {
  const { t } = useTranslation();
  return (
    <div className={page ? 'loading loading-page' : 'loading'} role="status" aria-label={t('common.loading')}>
      <Skeleton active paragraph={{ rows: page ? 8 : 4 }} />
    </div>
  );
}
