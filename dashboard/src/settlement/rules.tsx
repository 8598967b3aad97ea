import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Popconfirm } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type SplitRule, settlementApi } from '../api/settlement.ts';
import { useTariffNames } from '../fee-lines/names.ts';
import { useMay, useSession } from '../session.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { describeError, EmptyState } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { RuleDialog } from './rule-dialog.tsx';

/** How each component is divided, every version. */
export function RuleList() {
  const { t } = useTranslation();
  const { site } = useSession();
  const names = useTariffNames();
  const mayWrite = useMay('settlement:write');
  const client = useQueryClient();
  const [isAdding, setAdding] = useState(false);
  const remove = useMutation({
    mutationFn: settlementApi.deleteRule,
    onSuccess: () => client.invalidateQueries({ queryKey: ['split-rules'] }),
  });
  return (
    <>
      {mayWrite && (
        <div>
          <Button type="primary" onClick={() => setAdding(true)}>
            {t('settlement.addRule')}
          </Button>
        </div>
      )}
      {remove.error !== null && <Alert type="error" showIcon title={describeError(remove.error, t)} />}
      <PagedTable<SplitRule>
        queryKey={['split-rules', site.id]}
        read={(_cursor, signal) => settlementApi.rules(site.id, signal)}
        rowKey={(row) => row.id}
        empty={<EmptyState title={t('settlement.noRules')} hint={t('settlement.noRulesHint')} />}
        columns={[
          {
            title: t('feeLine.component'),
            key: 'component',
            render: (_, row) => (
              <>
                <strong>{names.component(row.component)}</strong>
                <div className="muted">
                  {row.commodity === null ? t('settlement.anyCommodity') : t(`commodity.${row.commodity}`)}
                </div>
              </>
            ),
          },
          {
            title: t('settlement.shares'),
            key: 'shares',
            render: (_, row) =>
              row.shares.map(({ partyId, party, percent }) => (
                <div key={partyId}>
                  {party} <span className="num">{percent}%</span>
                </div>
              )),
          },
          {
            title: t('settlement.from'),
            key: 'from',
            responsive: ['sm'],
            render: (_, row) => (
              <>
                <Time at={row.effectiveFrom} style="day" />
                <div className="muted">{row.createdBy}</div>
              </>
            ),
          },
          {
            title: '',
            key: 'remove',
            align: 'right',
            render: (_, row) =>
              row.isUsed ? (
                <span className="tag">{t('settlement.used')}</span>
              ) : (
                mayWrite && (
                  <Popconfirm
                    title={t('settlement.removeConfirm')}
                    okText={t('common.confirm')}
                    cancelText={t('common.cancel')}
                    onConfirm={() => remove.mutate(row.id)}
                  >
                    <Button>{t('settlement.remove')}</Button>
                  </Popconfirm>
                )
              ),
          },
        ]}
      />
      {isAdding && <RuleDialog onClose={() => setAdding(false)} />}
    </>
  );
}
