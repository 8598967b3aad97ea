import { useTranslation } from 'react-i18next';
import { type SettlementParty, settlementApi } from '../api/settlement.ts';
import { formatMoney } from '../format.ts';
import { useSession } from '../session.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { EmptyState } from '../ui/states.tsx';

/** Where each party stands today. */
export function PartyList({ onOpen }: { readonly onOpen: (party: number) => void }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const money = (amount: string, row: SettlementParty) => (
    <span className="num nowrap">{row.isOperator ? '—' : formatMoney(amount, row.currency)}</span>
  );
  return (
    <PagedTable<SettlementParty>
      queryKey={['settlement-parties', site.id]}
      read={(_cursor, signal) => settlementApi.parties(site.id, signal)}
      rowKey={(row) => row.party.id}
      empty={<EmptyState title={t('settlement.noParties')} hint={t('settlement.noPartiesHint')} />}
      columns={[
        {
          title: t('settlement.party'),
          key: 'party',
          render: (_, row) => (
            <>
              <button type="button" className="link" onClick={() => onOpen(row.party.id)}>
                {row.party.name}
              </button>
              <div className="muted">
                {t(`settlement.kind.${row.party.kind}`)}
                {row.isHeld && (
                  <>
                    {' '}
                    <span className="tag tag-stale">{t('settlement.held')}</span>
                  </>
                )}
              </div>
            </>
          ),
        },
        {
          title: t('settlement.waiting'),
          key: 'waiting',
          align: 'right',
          responsive: ['md'],
          render: (_, row) => money(row.waiting, row),
        },
        {
          title: t('settlement.held'),
          key: 'held',
          align: 'right',
          responsive: ['md'],
          render: (_, row) => money(row.held, row),
        },
        {
          title: t('settlement.payable'),
          key: 'payable',
          align: 'right',
          render: (_, row) => <strong>{money(row.payable, row)}</strong>,
        },
      ]}
    />
  );
}
