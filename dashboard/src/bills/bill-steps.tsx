import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { BillDetail } from '../../../contracts/bills.ts';
import { mayStep, stepRefusal } from '../../../domain/bills.ts';
import { billsApi, type TakenStep } from '../api/bills.ts';
import { formatMoney } from '../format.ts';
import { useFourEyes, useNeedsAnother } from '../four-eyes.ts';
import { useSession } from '../session.tsx';
import { describeError } from '../ui/states.tsx';
import { AmountDialog } from './amount-dialog.tsx';
import { isStatement } from './bill-names.tsx';
import { StepDialog } from './step-dialog.tsx';

const STEPS = ['review', 'issue', 'return', 'void'] as const satisfies readonly TakenStep[];
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** What the market's people may do with a bill where it stands. */
export function BillSteps({ bill }: { readonly bill: BillDetail }) {
  const { t } = useTranslation();
  const [step, setStep] = useState<TakenStep | null>(null);
  const [asked, setAsked] = useState<'credit' | 'writeOff' | 'useDeposit' | null>(null);
  const client = useQueryClient();
  const refresh = () => {
    for (const key of ['bills', 'bill']) void client.invalidateQueries({ queryKey: [key] });
  };
  const balance = useMutation({ mutationFn: () => billsApi.payFromBalance(bill.id), onSuccess: refresh });
  const decide = useMutation({
    mutationFn: (one: { id: number; approve: boolean }) => billsApi.decideWriteOff(one.id, one.approve),
    onSuccess: refresh,
  });
  const money = (minor: bigint | string) => formatMoney(String(minor), bill.currency);
  const due = BigInt(bill.due);
  const creditable = BigInt(bill.amount) - BigInt(bill.credits);
  const deposit = least(BigInt(bill.deposit), due);
  const isIssued = bill.status === 'issued';
  const proposal = bill.writeOffs.find(({ status }) => status === 'proposed');
  const { me } = useSession();
  const fourEyes = useFourEyes();
  const isOwnProposal = useNeedsAnother(proposal?.proposedBy);
  const steps = STEPS.filter((one) => mayStep(one, bill.status)).map((one) => ({
    step: one,
    refusal: stepRefusal(one, bill, me.actor, fourEyes),
  }));
  if (isStatement(bill) || bill.status === 'void') return null;
  const dialogs = {
    credit: {
      most: creditable,
      reason: true,
      run: (amount: string, reason: string) => billsApi.credit(bill.id, { amount, reason }),
    },
    writeOff: {
      most: due,
      reason: true,
      run: (amount: string, reason: string) => billsApi.writeOff(bill.id, { amount, reason }),
    },
    useDeposit: {
      most: deposit,
      reason: false,
      run: (amount: string) => billsApi.payFromDeposit(bill.id, amount),
    },
  } as const;
  const titles = {
    credit: t('bills.creditTitle'),
    writeOff: t('bills.writeOffTitle'),
    useDeposit: t('bills.useDeposit'),
  };
  return (
    <div className="stack">
      <div className="row">
        {steps.map(({ step: one, refusal }) => (
          <Button
            key={one}
            type={one === 'review' || one === 'issue' ? 'primary' : 'default'}
            danger={one === 'void'}
            disabled={refusal !== undefined}
            onClick={() => setStep(one)}
          >
            {t(`bills.step.${one}`)}
          </Button>
        ))}
        {(isIssued || bill.status === 'paid') && creditable > 0n && (
          <Button onClick={() => setAsked('credit')}>{t('bills.credit')}</Button>
        )}
        {isIssued && due > 0n && proposal === undefined && (
          <Button onClick={() => setAsked('writeOff')}>{t('bills.writeOff')}</Button>
        )}
        {isIssued && due > 0n && BigInt(bill.balance) > 0n && (
          <Button
            loading={balance.isPending}
            title={t('bills.useBalanceHint', { amount: money(bill.balance) })}
            onClick={() => balance.mutate()}
          >
            {t('bills.useBalance')} ({money(bill.balance)})
          </Button>
        )}
        {isIssued && deposit > 0n && (
          <Button onClick={() => setAsked('useDeposit')}>
            {t('bills.useDeposit')} ({money(bill.deposit)})
          </Button>
        )}
      </div>
      {steps.map(
        ({ step: one, refusal }) =>
          refusal !== undefined && <span key={one}>{t(`bills.refusal.${refusal}`)}</span>,
      )}
      {proposal && (
        <div className="note stack">
          <span>
            {t('bills.writeOffOpen', {
              actor: proposal.proposedBy,
              amount: money(proposal.amount),
              reason: proposal.reason,
            })}
          </span>
          {isOwnProposal && <span>{t('common.proposedIt')}</span>}
          <div className="row">
            {!isOwnProposal && (
              <Button
                loading={decide.isPending}
                onClick={() => decide.mutate({ id: proposal.id, approve: true })}
              >
                {t('bills.approve')}
              </Button>
            )}
            <Button
              loading={decide.isPending}
              onClick={() => decide.mutate({ id: proposal.id, approve: false })}
            >
              {t('bills.drop')}
            </Button>
          </div>
        </div>
      )}
      {(balance.error ?? decide.error) !== null && (
        <Alert type="error" showIcon title={describeError(balance.error ?? decide.error, t)} />
      )}
      {step !== null && <StepDialog step={step} bills={{ ids: [bill.id] }} onClose={() => setStep(null)} />}
      {asked !== null && (
        <AmountDialog
          title={titles[asked]}
          hint={t(`bills.${asked}Hint`, { amount: money(dialogs[asked].most) })}
          confirm={titles[asked]}
          amount={String(dialogs[asked].most)}
          currency={bill.currency}
          needsReason={dialogs[asked].reason}
          run={dialogs[asked].run}
          onClose={() => setAsked(null)}
        />
      )}
    </div>
  );
}
