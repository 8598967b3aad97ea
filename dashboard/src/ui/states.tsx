import { Button } from 'antd';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { REFUSAL_THINGS } from '../../../domain/refusals.ts';
import { ApiError } from '../api.ts';
import { field } from '../locales/zh-CN/refusals.ts';
import { Notice } from './notice.tsx';

/** The one translator of errors into sentences. */
export function describeError(error: unknown, t: TFunction): string {
  if (!(error instanceof ApiError)) return t('errors.crashedHint');
  if (error.kind === 'network') return t('errors.network');
  if (error.kind === 'shape') return t('errors.shape');
  const { status, refusal } = error;
  if (refusal) {
    const values: object = { ...refusal.values, ...wordsOf(refusal.values, t) };
    return t(`refusal.${refusal.code}`, { ...values });
  }
  if (status === 401) return t('session.expired');
  if (status === 403) return t('errors.forbidden');
  if (status === 404) return t('errors.notFound');
  if (status === 409) return t('errors.conflict');
  if (status === 429) return t('session.tooMany');
  if (status < 500) return t('errors.invalid');
  return t('errors.server', { status });
}

/** What a refusal names by words of the wire, as this page calls it. */
function wordsOf({ what, fields }: Readonly<Record<string, string>>, t: TFunction) {
  const thing = REFUSAL_THINGS.find((one) => one === what);
  return {
    ...(thing && { what: t(`thing.${thing}`) }),
    ...(fields !== undefined && {
      fields: [...new Set(fields.split(' ').map((path) => labelOf(path, t)))].join(t('errors.and')),
    }),
  };
}

/** A field's label, else where it is. */
function labelOf(path: string, t: TFunction): string {
  const name = path.split('.').findLast((part) => !/^\d+$/.test(part)) ?? path;
  return isField(name) ? t(`field.${name}`) : path;
}
const isField = (name: string): name is keyof typeof field => Object.hasOwn(field, name);

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
