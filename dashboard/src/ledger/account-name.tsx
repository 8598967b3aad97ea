import { useTranslation } from 'react-i18next';
import type { Account } from '../../../contracts/ledger.ts';
import { PROVIDERS } from '../../../domain/charges.ts';
import { useTariffNames } from '../fee-lines/names.ts';

/** `Receivable · Wang's stall A001`: what an account is of. */
export function useAccountName(): (account: Omit<Account, 'balance'>) => string {
  const { t } = useTranslation();
  const names = useTariffNames();
  const nameOf = (code: string): string => {
    if (code === 'gate_cash') return t('ledger.gateCash');
    const provider = PROVIDERS.find((one) => one === code);
    return provider === undefined ? code : t(`payments.provider.${provider}`);
  };
  return ({ kind, lease, party, code }) =>
    [
      t(`ledger.kind.${kind}`),
      lease && `${lease.party}${lease.stall === null ? '' : ` ${lease.stall}`}`,
      party,
      code === null ? null : kind === 'revenue' ? names.component(code) : nameOf(code),
    ]
      .filter((part) => part !== null)
      .join(' · ');
}
