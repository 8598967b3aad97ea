import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, type DeviceDetail } from '../api.ts';
import { formatNumber, formatReading, formatUnit } from '../format.ts';
import { useMay } from '../session.tsx';
import { Facts } from '../ui/facts.tsx';
import { Online } from '../ui/online.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { EmptyState, ErrorState, Loading } from '../ui/states.tsx';
import { Ago, Time, useServerNow } from '../ui/time.tsx';
import { Commands } from './commands.tsx';
import { usePointName } from './point-name.ts';
import { RotateSecret } from './rotate-secret.tsx';
import { TelemetryChart } from './telemetry-chart.tsx';

export function DeviceSheet({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const device = useQuery({
    queryKey: ['device', id],
    queryFn: ({ signal }) => api.device(id, signal),
    refetchInterval: 5_000,
  });
  return (
    <Sheet title={<span className="mono">{device.data?.serial ?? id}</span>} width={560} onClose={onClose}>
      {device.data === undefined ? (
        device.error ? (
          <ErrorState error={device.error} retry={() => void device.refetch()} />
        ) : (
          <Loading />
        )
      ) : (
        <Detail device={device.data} />
      )}
    </Sheet>
  );
}

function Detail({ device }: { readonly device: DeviceDetail }) {
  const { t } = useTranslation();
  const now = useServerNow();
  const mayWrite = useMay('devices:write');
  const mayRead = useMay('readings:read');
  const numbers = device.points.filter((point) => point.type !== 'string');
  // What changes most tells most: the registers, which only ever grow, come last.
  const registers = device.registers.map((register) => register.point);
  const chartable = [
    ...numbers.filter((point) => !registers.includes(point.name)),
    ...numbers.filter((point) => registers.includes(point.name)),
  ];
  return (
    <>
      <Facts
        items={[
          [t('device.state'), <Online key="s" online={device.online} stale={device.stale} />],
          [t('device.lastSeen'), <Ago key="l" at={device.lastSeenAt} now={now} />],
          [t('device.kind'), t(`kind.${device.kind}`)],
          [t('device.place'), device.place?.code ?? t('device.noPlace')],
          [
            t('device.profile'),
            `${device.profile} r${device.profileRevision} · ${t('device.interval', { count: device.intervalS })}`,
          ],
          [
            t('device.id'),
            <span key="i" className="mono">
              {device.id}
            </span>,
          ],
          [t('device.firmware'), device.firmware ?? '—'],
          [t('device.created'), <Time key="c" at={device.createdAt} style="minute" />],
        ]}
      />
      <h3>{t('device.points')}</h3>
      <Latest device={device} />
      {device.measuredAt !== null && chartable.length > 0 && (
        <>
          <h3>{t('stall.chart')}</h3>
          <TelemetryChart
            points={chartable.map((point) => ({
              device: device.id,
              point: point.name,
              mean: point.type === 'number',
            }))}
          />
        </>
      )}
      {device.commands.length > 0 && <Commands device={device} />}
      {mayRead && device.registers.map((register) => <Readings key={register.id} {...register} />)}
      {mayWrite && <RotateSecret device={device.id} />}
    </>
  );
}

function Latest({ device }: { readonly device: DeviceDetail }) {
  const { t } = useTranslation();
  const pointName = usePointName();
  const { latest } = device;
  if (latest === null) return <EmptyState title={t('device.noValues')} hint={t('device.noValuesHint')} />;
  return (
    <>
      <table className="values">
        <tbody>
          {device.points.map((point) => {
            const value = latest.values[point.name];
            return (
              <tr key={point.name}>
                <th scope="row">
                  {pointName(point.name)} <span className="muted mono">{point.name}</span>
                </th>
                <td className="right num">
                  {value === undefined
                    ? '—'
                    : typeof value === 'number'
                      ? `${formatNumber(value)} ${formatUnit(point.unit)}`
                      : typeof value === 'boolean'
                        ? t(value ? 'common.yes' : 'common.no')
                        : value}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p className="muted">
        {t('device.measuredAt')} <Time at={latest.ts} />
      </p>
    </>
  );
}

const READINGS_SHOWN = 12;

function Readings({ id, point }: { readonly id: number; readonly point: string }) {
  const { t } = useTranslation();
  const pointName = usePointName();
  const readings = useQuery({
    queryKey: ['readings', id],
    queryFn: ({ signal }) => api.readings(id, { limit: READINGS_SHOWN }, signal),
    refetchInterval: 15_000,
  });
  return (
    <>
      <h3>
        {t('device.readings')} · {pointName(point)} <span className="mono">#{id}</span>
      </h3>
      {readings.data === undefined ? (
        readings.error ? (
          <ErrorState error={readings.error} retry={() => void readings.refetch()} />
        ) : (
          <Loading />
        )
      ) : readings.data.items.length === 0 ? (
        <p className="muted">{t('device.noReadings')}</p>
      ) : (
        <table className="values">
          <thead>
            <tr>
              <th scope="col">{t('device.time')}</th>
              <th scope="col" className="right">
                {t('device.value')}
              </th>
              <th scope="col">{t('device.quality')}</th>
            </tr>
          </thead>
          <tbody>
            {readings.data.items.map((reading) => (
              <tr key={reading.ts}>
                <td>
                  <Time at={reading.ts} />
                </td>
                <td className="right num">{formatReading(reading)}</td>
                <td>
                  {reading.quality === 'good' ? (
                    t('quality.good')
                  ) : (
                    <span className="tag tag-bad">{t(`quality.${reading.quality}`)}</span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
