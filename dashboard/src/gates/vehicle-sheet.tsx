import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { gatesApi, type Vehicle } from '../api/gates.ts';
import { serverNow } from '../api.ts';
import { addDays } from '../days.ts';
import { formatTime } from '../format.ts';
import { useMay, useSession } from '../session.tsx';
import { Facts } from '../ui/facts.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { describeError } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { useClassName } from './class-name.ts';
import { LeaseSelect } from './lease-select.tsx';

const MONTH_DAYS = 30;

/** Who pays for a vehicle, and its monthly passes. */
export function VehicleSheet(props: { readonly vehicle: Vehicle; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const mayWrite = useMay('gates:write');
  const className = useClassName();
  const client = useQueryClient();
  const dayOf = (ms: number): string => formatTime(ms, site.timeZone, 'day');
  const [vehicle, setVehicle] = useState(props.vehicle);
  const [lease, setLease] = useState(vehicle.payer?.lease ?? null);
  const [from, setFrom] = useState(dayOf(serverNow()));
  const [to, setTo] = useState(addDays(dayOf(serverNow()), MONTH_DAYS - 1));
  const change = useMutation({
    mutationFn: (work: () => Promise<Vehicle>) => work(),
    async onSuccess(changed) {
      setVehicle(changed);
      await client.invalidateQueries({ queryKey: ['vehicles'] });
    },
  });
  return (
    <Sheet title={vehicle.plate} onClose={props.onClose}>
      <div className="stack">
        <Facts
          items={[
            [t('gates.classLabel'), className(vehicle.class)],
            [t('gates.payer'), vehicle.payer ? vehicle.payer.party.name : t('gates.driver')],
            vehicle.note === null ? null : [t('gates.note'), vehicle.note],
          ]}
        />
        {mayWrite && (
          <>
            <label htmlFor="vehicle-lease">{t('gates.payer')}</label>
            <LeaseSelect id="vehicle-lease" value={lease} onChange={setLease} />
            <Button
              disabled={lease === (vehicle.payer?.lease ?? null)}
              loading={change.isPending}
              onClick={() => change.mutate(() => gatesApi.change(vehicle.id, { lease }))}
            >
              {t('gates.changePayer')}
            </Button>
          </>
        )}
        <h2>{t('gates.monthlyPasses')}</h2>
        {vehicle.monthlyPasses.length === 0 && <p className="muted">{t('gates.noPass')}</p>}
        {vehicle.monthlyPasses.map((pass) => {
          const last = dayOf(Date.parse(pass.endsAt) - 1);
          return (
            <div className="row" key={pass.id}>
              <span className="num">
                <Time at={pass.startsAt} style="day" /> – {last}
              </span>
              <span className="muted">{pass.createdBy}</span>
              {mayWrite && (
                <Button
                  size="small"
                  loading={change.isPending}
                  onClick={() =>
                    change.mutate(() => gatesApi.endPass(vehicle.id, pass.id, addDays(last, MONTH_DAYS)))
                  }
                >
                  {t('gates.extend', { count: MONTH_DAYS })}
                </Button>
              )}
            </div>
          );
        })}
        {mayWrite && (
          <>
            <div className="row">
              <label htmlFor="pass-from">{t('gates.passFrom')}</label>
              <Input
                id="pass-from"
                type="date"
                className="filter"
                value={from}
                onChange={({ target }) => setFrom(target.value)}
              />
              <label htmlFor="pass-to">{t('gates.passTo')}</label>
              <Input
                id="pass-to"
                type="date"
                className="filter"
                value={to}
                onChange={({ target }) => setTo(target.value)}
              />
            </div>
            <p className="muted">{t('gates.passHint')}</p>
            <Button
              type="primary"
              loading={change.isPending}
              onClick={() => change.mutate(() => gatesApi.addPass(vehicle.id, { from, to }))}
            >
              {t('gates.addPass')}
            </Button>
          </>
        )}
        {change.error !== null && <Alert type="error" showIcon title={describeError(change.error, t)} />}
      </div>
    </Sheet>
  );
}
