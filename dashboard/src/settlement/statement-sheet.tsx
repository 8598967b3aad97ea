import { useQuery } from '@tanstack/react-query';
import { Alert, Button, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { documentsApi } from '../api/documents.ts';
import { type Payout, type Share, type Statement, settlementApi } from '../api/settlement.ts';
import { serverNow } from '../api.ts';
import { useTariffNames } from '../fee-lines/names.ts';
import { formatMoney, recentMonths } from '../format.ts';
import { languageOf } from '../i18n.ts';
import { useMay, useSession } from '../session.tsx';
import { DownloadMenu } from '../ui/download-menu.tsx';
import { Facts } from '../ui/facts.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { ReasonDialog } from '../ui/reason-dialog.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { EmptyState, ErrorState, Loading } from '../ui/states.tsx';
import { PayoutDialog } from './payout-dialog.tsx';

const MONTHS_SHOWN = 24;

/** A party's month. */
export function StatementSheet({ party, onClose }: { readonly party: number; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const months = recentMonths(serverNow(), site.timeZone, MONTHS_SHOWN);
  const [month, setMonth] = useState(months[0] ?? '');
  const statement = useQuery({
    queryKey: ['settlement-statement', party, site.id, month],
    queryFn: ({ signal }) => settlementApi.statement(party, { site: site.id, month }, signal),
  });
  const { data, error } = statement;
  return (
    <Sheet
      title={data?.party.name ?? t('settlement.statement')}
      width={620}
      onClose={onClose}
      extra={
        <Select
          aria-label={t('settlement.month')}
          value={month}
          onChange={setMonth}
          options={months.map((value) => ({ value, label: value }))}
        />
      }
    >
      {data !== undefined ? (
        <Body statement={data} />
      ) : error ? (
        <ErrorState error={error} retry={() => void statement.refetch()} />
      ) : (
        <Loading />
      )}
    </Sheet>
  );
}

function Body({ statement }: { readonly statement: Statement }) {
  const { t } = useTranslation();
  const mayWrite = useMay('settlement:write');
  const [asking, setAsking] = useState<'payout' | 'hold' | null>(null);
  const { party, site, currency, isOperator, isHeld, month } = statement;
  const money = (amount: string) => <span className="num">{formatMoney(amount, currency)}</span>;
  const close = () => setAsking(null);
  return (
    <div className="stack">
      {isOperator && <Alert type="info" showIcon title={t('settlement.operatorKeeps')} />}
      <Facts
        items={[
          isOperator ? null : [t('settlement.previous'), money(statement.previous)],
          [t('settlement.total'), <strong key="total">{money(statement.total)}</strong>],
          isOperator ? null : [t('settlement.paidOut'), money(statement.paidOut)],
          isOperator ? null : [t('settlement.closing'), money(statement.closing)],
        ]}
      />
      {!isOperator && (
        <>
          <h3>{t('settlement.today')}</h3>
          <Facts
            items={[
              [t('settlement.waiting'), money(statement.waiting)],
              [t('settlement.held'), money(statement.held)],
              [t('settlement.payable'), <strong key="payable">{money(statement.payable)}</strong>],
            ]}
          />
          {mayWrite && (
            <div className="row">
              <Button
                type="primary"
                disabled={BigInt(statement.payable) <= 0n}
                onClick={() => setAsking('payout')}
              >
                {t('settlement.payOut')}
              </Button>
              {!isHeld && <Button onClick={() => setAsking('hold')}>{t('settlement.holdParty')}</Button>}
            </div>
          )}
        </>
      )}
      <Files statement={statement} />
      <h3>{t('settlement.lines', { month, count: statement.lines })}</h3>
      <Shares statement={statement} />
      {!isOperator && (
        <>
          <h3>{t('settlement.payouts')}</h3>
          <Payouts party={party.id} site={site} />
        </>
      )}
      {asking === 'payout' && <PayoutDialog statement={statement} onClose={close} />}
      {asking === 'hold' && (
        <ReasonDialog
          title={t('settlement.holdParty')}
          hint={t('settlement.holdPartyHint')}
          okText={t('settlement.hold')}
          act={(reason) => settlementApi.hold({ site, party: party.id, reason })}
          onClose={close}
        />
      )}
    </div>
  );
}

function Files({ statement: { party, site, month } }: { readonly statement: Statement }) {
  const { t, i18n } = useTranslation();
  const own = languageOf(i18n.language) === 'en' ? 'en' : 'zh';
  const save =
    (format: 'pdf' | 'xlsx' | 'csv', lang: 'zh' | 'en' = own) =>
    () =>
      documentsApi.settlement(party.id, { site, month, lang, format });
  return (
    <DownloadMenu
      label={t('documents.download')}
      files={[
        { label: t('documents.pdfZh'), save: save('pdf', 'zh') },
        { label: t('documents.pdfEn'), save: save('pdf', 'en') },
        { label: t('documents.xlsx'), save: save('xlsx') },
        { label: t('documents.csv'), save: save('csv') },
      ]}
    />
  );
}

function Shares({ statement }: { readonly statement: Statement }) {
  const { t } = useTranslation();
  const names = useTariffNames();
  const mayHold = useMay('settlement:write');
  const [holding, setHolding] = useState<number | null>(null);
  const { party, site, month, currency, isOperator } = statement;
  return (
    <>
      <PagedTable<Share>
        queryKey={['settlement-shares', party.id, site, month]}
        read={(cursor, signal) =>
          settlementApi.shares({ site, party: party.id, month, cursor, limit: 50 }, signal)
        }
        rowKey={(row) => row.id}
        empty={<EmptyState title={t('settlement.noShares')} hint={t('settlement.noSharesHint')} />}
        columns={[
          {
            title: t('settlement.feeLine'),
            key: 'line',
            render: (_, row) => (
              <>
                <Link to={`/fee-lines?line=${row.feeLine}&period=${row.period}`}>
                  {row.stall ?? '—'} · {names.component(row.component)} · {row.period}
                </Link>
                <div className="muted">
                  {row.merchant} · {formatMoney(row.lineAmount, currency)}
                </div>
              </>
            ),
          },
          {
            title: t('settlement.payableOn'),
            key: 'payable',
            responsive: ['sm'],
            render: (_, row) =>
              isOperator ? (
                '—'
              ) : row.payout !== null ? (
                <span className="tag tag-good">{t('settlement.paid')}</span>
              ) : row.isHeld ? (
                <span className="tag tag-stale">{t('settlement.held')}</span>
              ) : (
                <span className="num nowrap">{row.payableOn}</span>
              ),
          },
          {
            title: t('settlement.share'),
            key: 'share',
            align: 'right',
            render: (_, row) => (
              <>
                <strong className="num nowrap">{formatMoney(row.amount, currency)}</strong>
                {mayHold && !isOperator && !row.isHeld && row.payout === null && (
                  <div>
                    <button type="button" className="link" onClick={() => setHolding(row.feeLine)}>
                      {t('settlement.hold')}
                    </button>
                  </div>
                )}
              </>
            ),
          },
        ]}
      />
      {holding !== null && (
        <ReasonDialog
          title={t('settlement.holdLine', { id: holding })}
          hint={t('settlement.holdLineHint')}
          okText={t('settlement.hold')}
          act={(reason) => settlementApi.hold({ site, feeLine: holding, reason })}
          onClose={() => setHolding(null)}
        />
      )}
    </>
  );
}

function Payouts({ party, site }: { readonly party: number; readonly site: string }) {
  const { t } = useTranslation();
  return (
    <PagedTable<Payout>
      queryKey={['settlement-payouts', party, site]}
      read={(cursor, signal) => settlementApi.payouts({ site, party, cursor, limit: 20 }, signal)}
      rowKey={(row) => row.id}
      empty={<EmptyState title={t('settlement.noPayouts')} hint={t('settlement.noPayoutsHint')} />}
      columns={[
        {
          title: t('settlement.bankRef'),
          key: 'ref',
          render: (_, row) => (
            <>
              {row.bankRef}
              <div className="muted">
                {row.paidOn} · {row.createdBy}
              </div>
            </>
          ),
        },
        {
          title: t('ledger.amount'),
          key: 'amount',
          align: 'right',
          render: (_, row) => <span className="num nowrap">{formatMoney(row.amount, row.currency)}</span>,
        },
      ]}
    />
  );
}
