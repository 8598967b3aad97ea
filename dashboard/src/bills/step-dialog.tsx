import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Input, Modal, Progress } from 'antd';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { BILLS_AT_ONCE, type BillStepResult, billsApi, type TakenStep } from '../api/bills.ts';
import { zhCN } from '../locales/zh-CN.ts';
import { useSession } from '../session.tsx';
import { describeError } from '../ui/states.tsx';
import type { BillFilter } from './bill-filters.tsx';

/** Bills by their ids, or all that a filter lets through. */
export type StepBills =
  | { readonly ids: readonly number[] }
  | { readonly filter: BillFilter; readonly count: number };

const REASON_MIN = 3;
type Refusal = keyof typeof zhCN.bills.refusal;
const isKnown = (code: string): code is Refusal => code in zhCN.bills.refusal;

/** Asks before a step is taken, shows how far it is, and what was not done and why. */
export function StepDialog(props: {
  readonly step: TakenStep;
  readonly bills: StepBills;
  readonly onClose: () => void;
}) {
  const { step, bills, onClose } = props;
  const { t } = useTranslation();
  const { site } = useSession();
  const client = useQueryClient();
  const [reason, setReason] = useState('');
  const [results, setResults] = useState<readonly BillStepResult[]>([]);
  const stopped = useRef(false);
  const needsReason = step === 'return' || step === 'void';
  const total = 'ids' in bills ? bills.ids.length : bills.count;

  const take = useMutation({
    async mutationFn() {
      stopped.current = false;
      const all: BillStepResult[] = [];
      for await (const ids of batchesOf(bills)) {
        if (stopped.current) break;
        const text = reason.trim();
        const body = { site: site.id, step, bills: ids, ...(text === '' ? {} : { reason: text }) };
        all.push(...(await billsApi.step(body)).results);
        setResults([...all]);
      }
      return all;
    },
    onSettled: () => {
      for (const key of ['bills', 'bill']) void client.invalidateQueries({ queryKey: [key] });
    },
    onSuccess(all) {
      if (all.every(({ done }) => done)) onClose();
    },
  });
  const close = () => {
    stopped.current = true;
    onClose();
  };
  const refused = results.filter(({ done }) => !done);
  const isOver = take.isSuccess || take.isError;
  return (
    <Modal
      open
      title={total === 1 ? t(`bills.stepOne.${step}`) : t(`bills.stepMany.${step}`, { count: total })}
      okText={t(`bills.step.${step}`)}
      cancelText={t(isOver ? 'common.close' : 'common.cancel')}
      okButtonProps={{
        loading: take.isPending,
        disabled: isOver || (needsReason && reason.trim().length < REASON_MIN),
        danger: step === 'void',
      }}
      onOk={() => take.mutate()}
      onCancel={close}
    >
      <div className="stack">
        <p>{t(`bills.stepHint.${step}`)}</p>
        {needsReason && (
          <Input.TextArea
            aria-label={t('bills.reason')}
            placeholder={t('bills.reasonHint')}
            maxLength={1_000}
            autoSize={{ minRows: 2 }}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        )}
        {(take.isPending || results.length > 0) && (
          <>
            <Progress
              aria-label={t('bills.progress', { done: results.length, total })}
              status={refused.length > 0 ? 'normal' : 'active'}
              percent={total === 0 ? 100 : Math.floor((100 * results.length) / total)}
            />
            <div className="row" aria-live="polite">
              <span className="tag tag-good">
                {t('bills.done', { count: results.length - refused.length })}
              </span>
              {refused.length > 0 && (
                <span className="tag tag-bad">{t('bills.refused', { count: refused.length })}</span>
              )}
            </div>
          </>
        )}
        {[...countBy(refused)].map(([code, count]) => (
          <Alert
            key={code}
            type="warning"
            showIcon
            title={`${isKnown(code) ? t(`bills.refusal.${code}`) : code}${count > 1 ? ` (${count})` : ''}`}
          />
        ))}
        {take.error !== null && <Alert type="error" showIcon title={describeError(take.error, t)} />}
      </div>
    </Modal>
  );
}

function countBy(refused: readonly BillStepResult[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { refusal } of refused)
    counts.set(refusal?.code ?? '', (counts.get(refusal?.code ?? '') ?? 0) + 1);
  return counts;
}

/** Page by page with a cursor, which goes on behind what has left the filter meanwhile. */
async function* batchesOf(bills: StepBills): AsyncGenerator<readonly number[]> {
  if ('ids' in bills) {
    for (let at = 0; at < bills.ids.length; at += BILLS_AT_ONCE)
      yield bills.ids.slice(at, at + BILLS_AT_ONCE);
    return;
  }
  let cursor: string | undefined;
  do {
    const page = await billsApi.list({ ...bills.filter, cursor, limit: BILLS_AT_ONCE });
    if (page.items.length > 0) yield page.items.map(({ id }) => id);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}
