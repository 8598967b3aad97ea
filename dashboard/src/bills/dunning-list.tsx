import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DunningNotice } from '../../../contracts/bills.ts';
import { billsApi } from '../api/bills.ts';
import { languageOf } from '../i18n.ts';
import { useMay, useSession } from '../session.tsx';
import { CopyButton } from '../ui/copy.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { describeError, EmptyState } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

/** The messages that overdue bills need: copied, sent by the market's own means, and marked as sent. */
export function DunningList({ onOpen }: { readonly onOpen: (bill: number) => void }) {
  const { t, i18n } = useTranslation();
  const { site } = useSession();
  const mayWrite = useMay('bills:write');
  const client = useQueryClient();
  const [sent, setSent] = useState(false);
  const [language, setLanguage] = useState<'zh' | 'en'>(languageOf(i18n.language) === 'en' ? 'en' : 'zh');
  const mark = useMutation({
    mutationFn: (id: number) => billsApi.sent(id),
    onSettled: () => client.invalidateQueries({ queryKey: ['dunning'] }),
  });
  return (
    <>
      <p className="page-intro no-print">{t('bills.dunningIntro')}</p>
      <div className="filters no-print">
        <Segmented
          aria-label={t('bills.view')}
          value={sent ? 'sent' : 'open'}
          onChange={(value) => setSent(value === 'sent')}
          options={[
            { value: 'open', label: t('bills.dunningToSend') },
            { value: 'sent', label: t('bills.dunningSent') },
          ]}
        />
        <Segmented<'zh' | 'en'>
          aria-label={t('bills.textLanguage')}
          value={language}
          onChange={setLanguage}
          options={[
            { value: 'zh', label: t('bills.zh') },
            { value: 'en', label: t('bills.en') },
          ]}
        />
        <Button onClick={() => print()}>{t('bills.print')}</Button>
      </div>
      {mark.error !== null && <Alert type="error" showIcon title={describeError(mark.error, t)} />}
      <PagedTable<DunningNotice>
        queryKey={['dunning', site.id, sent]}
        read={(cursor, signal) => billsApi.dunning({ site: site.id, sent, cursor, limit: 50 }, signal)}
        rowKey={(notice) => notice.id}
        empty={
          <EmptyState
            title={t(sent ? 'bills.dunningSentEmpty' : 'bills.dunningEmpty')}
            hint={t(sent ? 'bills.dunningSentEmptyHint' : 'bills.dunningEmptyHint')}
          />
        }
        columns={[
          {
            title: t('bills.number'),
            key: 'number',
            width: 170,
            responsive: ['md'],
            render: (_, notice) => (
              <>
                <button type="button" className="link num" onClick={() => onOpen(notice.bill.id)}>
                  {notice.bill.number}
                </button>
                <div>{notice.lease.party}</div>
                <div className="num muted">{notice.phone}</div>
              </>
            ),
          },
          {
            title: t(sent ? 'bills.dunningSent' : 'bills.dunningToSend'),
            key: 'text',
            render: (_, notice) => (
              <div className="stack">
                <div className="row">
                  <span className={notice.step === 'final' ? 'tag tag-bad' : 'tag tag-busy'}>
                    {t(`bills.dunningStep.${notice.step}`)}
                  </span>
                  {notice.sentAt !== null && (
                    <span className="muted">
                      {notice.sentBy} · <Time at={notice.sentAt} />
                    </span>
                  )}
                </div>
                <p className="message-text">{notice.texts[language]}</p>
                <div className="row no-print">
                  <CopyButton text={notice.texts[language]} />
                  {mayWrite && notice.sentAt === null && (
                    <Button
                      size="small"
                      loading={mark.isPending && mark.variables === notice.id}
                      onClick={() => mark.mutate(notice.id)}
                    >
                      {t('bills.markSent')}
                    </Button>
                  )}
                </div>
              </div>
            ),
          },
        ]}
      />
    </>
  );
}
