import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { StallState } from '../../../domain/floor.ts';
import { may } from '../../../domain/permissions.ts';
import { api, type Stall, type StallDetail } from '../api.ts';
import { trimDecimal } from '../decimal.ts';
import { usePointName } from '../devices/point-name.ts';
import { TelemetryChart } from '../devices/telemetry-chart.tsx';
import { standingOf } from '../floor/standing.ts';
import { formatQuantity } from '../format.ts';
import { Term } from '../leases/term.tsx';
import { useSession } from '../session.tsx';
import { Facts } from '../ui/facts.tsx';
import { Online } from '../ui/online.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { EmptyState, ErrorState, Loading } from '../ui/states.tsx';
import { Time, useAge } from '../ui/time.tsx';
import { useStateWords } from './stall-tooltip.tsx';
import { StandingMark } from './standing-mark.tsx';

export function StallDrawer(props: {
  readonly stall: Stall;
  readonly state: StallState | undefined;
  readonly intervalS: number;
  readonly now: number;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const age = useAge();
  const { me } = useSession();
  const { stall, state, intervalS, now, onClose } = props;
  const words = useStateWords(intervalS, now);
  const detail = useQuery({
    queryKey: ['stall', stall.id],
    queryFn: ({ signal }) => api.stall(stall.id, signal),
    refetchInterval: 15_000,
  });
  const { lease } = stall;

  return (
    <Sheet title={t('stall.title', { code: stall.code })} modeless onClose={onClose}>
      {state !== undefined && (
        <p className="stall-state">
          <StandingMark standing={standingOf(state, intervalS, now)} leased={state.leased} />
          <strong>{words(state)}</strong>
          <span className="muted">
            {state.measuredAt === null
              ? t('floor.never')
              : t('floor.measured', { age: age(now - state.measuredAt) })}
          </span>
        </p>
      )}
      {lease === null ? (
        <div className="note">
          <strong>{t('stall.notLeased')}</strong>
          <div className="muted">{t('stall.notLeasedHint')}</div>
        </div>
      ) : null}
      <Facts
        items={[
          lease && [t('stall.merchant'), <strong key="m">{lease.party.name}</strong>],
          lease && [t('stall.trade'), lease.trade ?? '—'],
          lease && [t('stall.charging'), t(`charging.${lease.charging}`)],
          lease && [t('stall.term'), <Term key="t" lease={lease} />],
          stall.areaM2 === null
            ? null
            : [
                t('stall.area'),
                <span key="a" className="num">
                  {stall.areaM2} m²
                </span>,
              ],
        ]}
      />
      <h3>{t('stall.meters')}</h3>
      {detail.data === undefined ? (
        detail.error ? (
          <ErrorState error={detail.error} retry={() => void detail.refetch()} />
        ) : (
          <Loading />
        )
      ) : (
        <Meters detail={detail.data} mayChart={may(me.role, 'devices:read')} />
      )}
      {may(me.role, 'fee-lines:read') && (
        <p className="drawer-foot">
          <Link to={`/fee-lines?stall=${encodeURIComponent(stall.code)}`}>{t('stall.feeLines')} →</Link>
        </p>
      )}
    </Sheet>
  );
}

function Meters({ detail, mayChart }: { readonly detail: StallDetail; readonly mayChart: boolean }) {
  const { t } = useTranslation();
  const pointName = usePointName();
  const { meters, devices } = detail;
  const sensors = devices.filter((device) => !meters.some((meter) => meter.deviceId === device.id));
  return (
    <>
      {meters.length === 0 && <EmptyState title={t('stall.noMeters')} hint={t('stall.noMetersHint')} />}
      <ul className="cards">
        {meters.map((meter) => (
          <li key={meter.registerId} className="card">
            <div className="card-head">
              <strong>{t(`commodity.${meter.commodity}`)}</strong>
              <DeviceLink id={meter.deviceId} serial={meter.serial} linked={mayChart} />
              <Online online={meter.online} />
            </div>
            <div className="card-value">
              {meter.lastReading === null ? (
                <span className="muted">{t('stall.noReading')}</span>
              ) : (
                <span className="num">{formatQuantity(meter.lastReading.value, meter.commodity)}</span>
              )}
              {Number(meter.multiplier) !== 1 && (
                <span className="tag">{t('stall.multiplier', { value: trimDecimal(meter.multiplier) })}</span>
              )}
            </div>
            <div className="muted">
              {pointName(meter.point)}
              {meter.lastReading !== null && (
                <>
                  {' · '}
                  <Time at={meter.lastReading.ts} />
                </>
              )}
            </div>
          </li>
        ))}
      </ul>
      {meters.length > 0 && mayChart && (
        <>
          <h3>{t('stall.chart')}</h3>
          <TelemetryChart
            points={meters.flatMap((meter) => {
              const of = t(`commodity.${meter.commodity}`);
              const register = { device: meter.deviceId, point: meter.point, of };
              return meter.commodity === 'electricity'
                ? [{ device: meter.deviceId, point: 'power', of }, register]
                : [register];
            })}
          />
        </>
      )}
      {sensors.length > 0 && (
        <>
          <h3>{t('stall.devices')}</h3>
          <ul className="cards">
            {sensors.map((device) => (
              <li key={device.id} className="card card-head">
                <strong>{t(`kind.${device.kind}`)}</strong>
                <DeviceLink id={device.id} serial={device.serial} linked={mayChart} />
                <Online online={device.online} />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function DeviceLink({
  id,
  serial,
  linked,
}: {
  readonly id: string;
  readonly serial: string;
  readonly linked: boolean;
}) {
  return linked ? (
    <Link className="mono" to={`/devices?device=${encodeURIComponent(id)}`}>
      {serial}
    </Link>
  ) : (
    <span className="mono">{serial}</span>
  );
}
