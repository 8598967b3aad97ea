import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { gatesApi, type Pass } from '../api/gates.ts';
import { useSession } from '../session.tsx';
import { MoneyInput } from '../ui/money-input.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { describeError } from '../ui/states.tsx';

/** What the attendant took for an exit. */
export function Collect({ pass, onClose }: { readonly pass: Pass; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const client = useQueryClient();
  const [amount, setAmount] = useState(pass.amount ?? '');
  const collect = useMutation({
    mutationFn: () => gatesApi.collect(pass.id, amount),
    async onSuccess() {
      await client.invalidateQueries({ queryKey: ['passes'] });
      onClose();
    },
  });
  return (
    <Sheet title={`${t('gates.collect')} · ${pass.plate ?? `#${pass.ticket}`}`} onClose={onClose}>
      <div className="stack">
        <label htmlFor="collect-amount">{t('gates.collected')}</label>
        <MoneyInput id="collect-amount" value={amount} currency={site.currency} onChange={setAmount} />
        <p className="muted">{t('gates.collectHint')}</p>
        <Button type="primary" loading={collect.isPending} onClick={() => collect.mutate()}>
          {t('gates.collectNow')}
        </Button>
        {collect.error !== null && <Alert type="error" showIcon title={describeError(collect.error, t)} />}
      </div>
    </Sheet>
  );
}
