import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { type BalanceNotice, prepaidApi } from '../api/prepaid.ts';
import { formatMoney } from '../format.ts';
import { useMay, useSession } from '../session.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { describeError, EmptyState } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

/** Whom to telephone today, and why. */
export function NoticeList({ onOpen }: { readonly onOpen: (lease: number) => void }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const mayTell = useMay('payments:write');
  const client = useQueryClient();
  const tell = useMutation({
    mutationFn: prepaidApi.told,
    onSuccess: () => client.invalidateQueries({ queryKey: ['balance-notices'] }),
  });
  return (
    <>
      <p className="page-intro">{t('prepaid.noticesIntro')}</p>
      {tell.error !== null && <Alert type="error" showIcon title={describeError(tell.error, t)} />}
      <PagedTable<BalanceNotice>
        queryKey={['balance-notices', site.id]}
        read={(cursor, signal) =>
          prepaidApi.notices({ site: site.id, untold: true, cursor, limit: 100 }, signal)
        }
        rowKey={(row) => row.id}
        empty={<EmptyState title={t('prepaid.noNotices')} hint={t('prepaid.noNoticesHint')} />}
        columns={[
          {
            title: t('feeLine.stall'),
            key: 'stall',
            render: (_, row) => (
              <>
                <button type="button" className="link" onClick={() => onOpen(row.lease.id)}>
                  {row.lease.stall ?? row.lease.party}
                </button>
                <div>{row.lease.party}</div>
                {row.phone !== null && <a href={`tel:${row.phone}`}>{row.phone}</a>}
              </>
            ),
          },
          {
            title: t('prepaid.why'),
            key: 'why',
            render: (_, row) => (
              <>
                <span className={row.level === 'low' ? 'tag tag-stale' : 'tag tag-bad'}>
                  {t(`prepaid.level.${row.level}`)}
                </span>
                <div className="muted">
                  <Time at={row.at} style="minute" />
                </div>
              </>
            ),
          },
          {
            title: t('prepaid.balance'),
            key: 'balance',
            align: 'right',
            responsive: ['sm'],
            render: (_, row) => <span className="num nowrap">{formatMoney(row.balance, row.currency)}</span>,
          },
          ...(mayTell
            ? [
                {
                  title: '',
                  key: 'tell',
                  align: 'right' as const,
                  render: (_: unknown, row: BalanceNotice) => (
                    <Button
                      loading={tell.isPending && tell.variables === row.lease.id}
                      onClick={() => tell.mutate(row.lease.id)}
                    >
                      {t('prepaid.tell')}
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
    </>
  );
}
