import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Checkbox, Input } from 'antd';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { BillDetail } from '../../../contracts/bills.ts';
import { billsApi } from '../api/bills.ts';
import { formatMoney } from '../format.ts';
import { Sheet } from '../ui/sheet.tsx';
import { describeError, ErrorState, Loading } from '../ui/states.tsx';
import { useBillLines } from './bill-lines.tsx';
import { LineText } from './line-text.tsx';

const REASON_MIN = 3;
const LINES_MAX = 500;

/** Chooses the lines that are wrong, and says why. */
export function DisputeDialog({
  bill,
  onClose,
}: {
  readonly bill: BillDetail;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const why = useId();
  const lines = useBillLines(bill.id, true);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [reason, setReason] = useState('');
  const disputed = new Set(
    bill.disputes.flatMap((dispute) => (dispute.status === 'open' ? dispute.lines : [])),
  );
  const send = useMutation({
    mutationFn: () => billsApi.dispute(bill.id, { lines: [...chosen], reason: reason.trim() }),
    onSuccess() {
      for (const key of ['bills', 'bill']) void client.invalidateQueries({ queryKey: [key] });
      onClose();
    },
  });
  const shown = lines.data?.items.slice(0, LINES_MAX) ?? [];
  const sum = shown.reduce((total, line) => (chosen.has(line.id) ? total + BigInt(line.amount) : total), 0n);
  return (
    <Sheet title={t('bills.disputeTitle')} width={560} onClose={onClose}>
      <div className="stack">
        <p className="page-intro">{t('bills.disputeHint')}</p>
        {lines.data === undefined &&
          (lines.error ? <ErrorState error={lines.error} retry={() => void lines.refetch()} /> : <Loading />)}
        <div>
          {shown.map((line) => (
            // biome-ignore lint/a11y/noLabelWithoutControl: antd's checkbox is a control
            <label key={line.id} className="line-choice">
              <Checkbox
                disabled={disputed.has(line.id)}
                checked={chosen.has(line.id)}
                onChange={({ target }) =>
                  setChosen(
                    new Set(
                      target.checked ? [...chosen, line.id] : [...chosen].filter((id) => id !== line.id),
                    ),
                  )
                }
              />
              <span>
                <LineText line={line} />
                {disputed.has(line.id) && (
                  <>
                    {' '}
                    <span className="tag tag-stale">{t('bills.disputed')}</span>
                  </>
                )}
              </span>
              <span className="num nowrap">{formatMoney(line.amount, line.currency)}</span>
            </label>
          ))}
        </div>
        <label htmlFor={why}>{t('bills.disputeWhy')}</label>
        <Input.TextArea
          id={why}
          placeholder={t('bills.reasonHint')}
          maxLength={1_000}
          autoSize={{ minRows: 3 }}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <span className="num">
          {chosen.size === 0
            ? t('bills.disputeNone')
            : t('bills.disputeSum', { count: chosen.size, amount: formatMoney(String(sum), bill.currency) })}
        </span>
        {send.error !== null && <Alert type="error" showIcon title={describeError(send.error, t)} />}
        <div className="row">
          <Button
            type="primary"
            loading={send.isPending}
            disabled={chosen.size === 0 || reason.trim().length < REASON_MIN}
            onClick={() => send.mutate()}
          >
            {t('bills.disputeSend')}
          </Button>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
        </div>
      </div>
    </Sheet>
  );
}
