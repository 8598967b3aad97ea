import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { readingsApi } from '../api/readings.ts';
import { api } from '../api.ts';
import { formatQuantity } from '../format.ts';
import { LeaseMoney } from '../payments/lease-money.tsx';
import { useMay } from '../session.tsx';
import { useTariffTitles } from '../tariffs/titles.ts';
import { Facts } from '../ui/facts.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { ErrorState, Loading } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { Term } from './term.tsx';

/** One lease: who pays what for which meters, and since when. */
export function LeaseSheet(props: {
  readonly id: number;
  readonly onClose: () => void;
  readonly onHandover: ((stall: number) => void) | undefined;
}) {
  const { t } = useTranslation();
  const mayPay = useMay('payments:read');
  const lease = useQuery({
    queryKey: ['leases', 'one', props.id],
    queryFn: ({ signal }) => readingsApi.lease(props.id, signal),
  });
  const place = lease.data?.stall?.id;
  const stall = useQuery({
    queryKey: ['stall', place],
    queryFn: ({ signal }) => api.stall(place ?? 0, signal),
    enabled: place !== undefined,
  });
  const named = useTariffTitles();
  const { data } = lease;
  if (data === undefined)
    return (
      <Sheet title={t('leases.title')} onClose={props.onClose}>
        {lease.error ? <ErrorState error={lease.error} retry={() => void lease.refetch()} /> : <Loading />}
      </Sheet>
    );
  return (
    <Sheet
      title={`${data.stall?.code ?? t(data.kind === 'walk_in' ? 'assign.walkIn' : 'leases.own')} · ${data.party.name}`}
      width={520}
      onClose={props.onClose}
    >
      <Facts
        items={[
          [t('stall.charging'), t(`charging.${data.charging}`)],
          [t('stall.trade'), data.trade ?? '—'],
          [t('stall.term'), <Term key="term" lease={data} />],
        ]}
      />
      {mayPay && data.stall !== null && <LeaseMoney lease={data.id} />}
      <h2>{t('leases.tariffs')}</h2>
      {data.tariffs.length === 0 ? (
        <p className="muted">{t('leases.noTariffs')}</p>
      ) : (
        <table className="values">
          <tbody>
            {data.tariffs.map((tariff) => (
              <tr key={`${tariff.commodity} ${tariff.startsAt}`}>
                <th scope="row">{t(`commodity.${tariff.commodity}`)}</th>
                <td>{named(tariff.tariff)}</td>
                <td>
                  <Term lease={tariff} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {data.stall !== null && (
        <>
          <h2>{t('stall.meters')}</h2>
          <table className="values">
            <tbody>
              {(stall.data?.meters ?? []).map((meter) => (
                <tr key={meter.registerId}>
                  <th scope="row">
                    <Link to={`/readings?stall=${place}&point=${meter.meteringPointId}&do=history`}>
                      {t(`commodity.${meter.commodity}`)} <span className="mono">{meter.serial}</span>
                    </Link>
                  </th>
                  <td className="right num">
                    {meter.lastReading === null
                      ? '—'
                      : formatQuantity(meter.lastReading.value, meter.commodity)}
                  </td>
                  <td>{meter.lastReading !== null && <Time at={meter.lastReading.ts} style="minute" />}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className="row drawer-foot">
            {props.onHandover && (
              <Button type="primary" onClick={() => props.onHandover?.(place ?? 0)}>
                {t('leases.handover')}
              </Button>
            )}
            <Link to={`/fee-lines?stall=${encodeURIComponent(data.stall.code)}`}>
              {t('stall.feeLines')} →
            </Link>
          </p>
        </>
      )}
    </Sheet>
  );
}
