import { useTranslation } from 'react-i18next';
import type { Account } from '../../../contracts/ledger.ts';
import { useTariffNames } from '../fee-lines/names.ts';

/** `Receivable · Wang's stall A001`: what an account is of. */
export function useAccountName(): (account: Omit<Account, 'balance'>) => string {
  const { t } = useTranslation();
  const names = useTariffNames();
  return ({ kind, lease, party, code }) =>
    [
      t(`ledger.kind.${kind}`),
      lease && `${lease.party}${lease.stall === null ? '' : ` ${lease.stall}`}`,
      party,
      code === null ? null : kind === 'revenue' ? names.component(code) : code,
    ]
      .filter((part) => part !== null)
      .join(' · ');
}
