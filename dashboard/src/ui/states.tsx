import { Button } from 'antd';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api.ts';
import { Notice } from './notice.tsx';

/** The one translator of errors into sentences. */
export function describeError(error: unknown, t: TFunction): string {
  if (!(error instanceof ApiError)) return t('errors.crashedHint');
  if (error.kind === 'network') return t('errors.network');
  if (error.kind === 'shape') return t('errors.shape');
  const { status, detail, refusal } = error;
  if (refusal) {
    const values: object = refusal.values;
    return t(`refusal.${refusal.code}`, { ...values });
  }
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
    <Notice alert title={t('errors.title')} hint={describeError(error, t)}>
      {retry && (
        <Button type="primary" onClick={retry}>
          {t('common.retry')}
        </Button>
      )}
    </Notice>
  );
}

export function EmptyState({ title, hint }: { readonly title: string; readonly hint: string }) {
  return <Notice title={title} hint={hint} />;
}

export function Loading({ page = false }: { readonly page?: boolean }) {
  const { t } = useTranslation();
  const lines = Array.from({ length: page ? 8 : 4 }, (_, i) => `${92 - ((i * 37) % 50)}%`);
  return (
    <div className={page ? 'loading loading-page' : 'loading'} role="status" aria-label={t('common.loading')}>
      {lines.map((width) => (
        <div key={width} className="loading-line" style={{ width }} />
      ))}
    </div>
  );
}
