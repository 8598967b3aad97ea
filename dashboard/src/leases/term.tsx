import { useTranslation } from 'react-i18next';
import { serverNow } from '../api.ts';
import { Time } from '../ui/time.tsx';

/** From its first day to its last: the end itself may be the next midnight. */
export function Term({
  lease,
}: {
  readonly lease: { readonly startsAt: string; readonly endsAt: string | null };
}) {
  const { t } = useTranslation();
  const ended = lease.endsAt !== null && Date.parse(lease.endsAt) <= serverNow();
  return (
    <>
      <Time at={lease.startsAt} style="day" /> –{' '}
      {lease.endsAt === null ? t('stall.openEnded') : <Time at={Date.parse(lease.endsAt) - 1} style="day" />}{' '}
      {ended && <span className="tag">{t('leases.ended')}</span>}
    </>
  );
}
