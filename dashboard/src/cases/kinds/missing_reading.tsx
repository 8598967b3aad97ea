import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { z } from 'zod';
import { METERED_COMMODITIES } from '../../../../domain/commodities.ts';
import { readingsApi } from '../../api/readings.ts';
import { formatQuantity, formatTime } from '../../format.ts';
import { useMay, useSession } from '../../session.tsx';
import { Facts } from '../../ui/facts.tsx';
import { ErrorState, Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import type { CaseCardProps } from '../kinds.ts';

/** As billing writes it at an end of a period, or of a lease: then nothing is estimated yet. */
const zSubject = z.object({
  meteringPointId: z.number(),
  at: z.string(),
  estimate: z.string().optional(),
  basis: z.object({ from: z.string(), to: z.string(), quantity: z.string() }).nullish(),
  lastReadAt: z.string().nullish(),
  lastValue: z.string().nullish(),
  lease: z.number().optional(),
});

/** Which value is missing, what stands in for it, and where to enter the one that was read. */
export function MissingReadingCard({ one }: CaseCardProps) {
  const { t } = useTranslation();
  const { site } = useSession();
  const mayEnter = useMay('readings:write');
  const parsed = zSubject.safeParse(one.subject);
  const subject = parsed.data;
  const pointId = subject?.meteringPointId ?? 0;
  const history = useQuery({
    queryKey: ['readings', 'point', pointId],
    queryFn: ({ signal }) => readingsApi.history(pointId, undefined, signal),
    enabled: subject !== undefined,
  });
  if (history.error) return <ErrorState error={history.error} retry={() => void history.refetch()} />;
  if (subject === undefined || history.data === undefined) return <Loading />;
  const { point } = history.data;
  const commodity = METERED_COMMODITIES.find((known) => known === point.commodity) ?? 'electricity';
  const { at, estimate, basis, lastReadAt, lastValue, lease } = subject;
  const of = `/readings?stall=${point.stall?.id}&point=${point.id}`;
  return (
    <div className="stack">
      <Facts
        items={[
          [t('cases.missing.point'), `${point.code} · ${t(`commodity.${commodity}`)}`],
          [t('cases.missing.at'), <Time key="at" at={at} style="minute" />],
          lastReadAt && lastValue
            ? [
                t('readings.last'),
                <span key="last">
                  {formatQuantity(lastValue, commodity)} · <Time at={lastReadAt} style="minute" />
                </span>,
              ]
            : null,
          estimate === undefined
            ? null
            : [t('cases.missing.estimate'), <strong key="e">{formatQuantity(estimate, commodity)}</strong>],
        ]}
      />
      {basis && (
        <p className="note">
          {t('workings.basis', {
            usage: formatQuantity(basis.quantity, commodity),
            from: formatTime(basis.from, site.timeZone, 'minute'),
            to: formatTime(basis.to, site.timeZone, 'minute'),
          })}
        </p>
      )}
      <p>{t(lease === undefined ? 'cases.missing.hint' : 'cases.missing.leaseHint')}</p>
      {point.stall === null ? (
        <p className="muted">{t('cases.missing.noStall')}</p>
      ) : (
        <>
          {mayEnter && one.status === 'open' && (
            <Link to={`${of}&do=enter&at=${encodeURIComponent(at)}`}>{t('cases.missing.enter')} →</Link>
          )}
          <Link to={`${of}&do=history`}>{t('cases.missing.history')} →</Link>
          {lease !== undefined && <Link to={`/leases?lease=${lease}`}>{t('cases.missing.lease')} →</Link>}
        </>
      )}
    </div>
  );
}
