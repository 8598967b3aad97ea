import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { type Hold, settlementApi } from '../api/settlement.ts';
import { useMay, useSession } from '../session.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { ReasonDialog } from '../ui/reason-dialog.tsx';
import { EmptyState } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

/** What people hold back, and what they let go again. */
export function HoldList() {
  const { t } = useTranslation();
  const { site } = useSession();
  const mayWrite = useMay('settlement:write');
  const [releasing, setReleasing] = useState<number | null>(null);
  return (
    <>
      <PagedTable<Hold>
        queryKey={['settlement-holds', site.id]}
        read={(cursor, signal) => settlementApi.holds({ site: site.id, cursor, limit: 50 }, signal)}
        rowKey={(row) => row.id}
        empty={<EmptyState title={t('settlement.noHolds')} hint={t('settlement.noHoldsHint')} />}
        columns={[
          {
            title: t('settlement.heldWhat'),
            key: 'what',
            render: (_, row) =>
              row.party === null ? (
                <Link to={`/fee-lines?line=${row.feeLine}`}>
                  {t('settlement.feeLine')} {row.feeLine}
                </Link>
              ) : (
                row.party.name
              ),
          },
          {
            title: t('command.reason'),
            key: 'reason',
            render: (_, row) => (
              <>
                {row.reason}
                <div className="muted">
                  {row.createdBy} · <Time at={row.createdAt} style="minute" />
                </div>
              </>
            ),
          },
          {
            title: '',
            key: 'release',
            align: 'right',
            render: (_, row) =>
              row.releasedAt !== null ? (
                <>
                  <span className="tag">{t('settlement.released')}</span>
                  <div className="muted">
                    {row.releasedBy} · {row.releaseReason}
                  </div>
                </>
              ) : (
                mayWrite && <Button onClick={() => setReleasing(row.id)}>{t('settlement.release')}</Button>
              ),
          },
        ]}
      />
      {releasing !== null && (
        <ReasonDialog
          title={t('settlement.release')}
          hint={t('settlement.releaseHint')}
          okText={t('settlement.release')}
          act={(reason) => settlementApi.release(releasing, reason)}
          onClose={() => setReleasing(null)}
        />
      )}
    </>
  );
}
