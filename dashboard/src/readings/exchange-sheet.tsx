import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Input, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DISPLAY_UNIT } from '../../../domain/commodities.ts';
import { readingsApi } from '../api/readings.ts';
import { api, serverNow } from '../api.ts';
import { trimDecimal } from '../decimal.ts';
import { useSession } from '../session.tsx';
import { Field } from '../ui/field.tsx';
import { InstantInput, instantOf, localOf } from '../ui/instant-input.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { ConfirmedButton, DialInput, isDial, NoteInput, PhotoInput } from './fields.tsx';
import type { Meter } from './readings-page.tsx';
import { SettleAgain } from './settle-again.tsx';

const isRatio = (text: string): boolean => /^\d{1,8}(\.\d{1,4})?$/.test(text) && Number(text) > 0;
const KIND = {
  electricity: 'electricity_meter',
  water: 'water_meter',
  gate: 'gate',
  service: 'gate',
} as const;

/** An exchange of the meter, or only of its multiplier: the last value, what follows, and evidence. */
export function ExchangeSheet({
  meter,
  only,
  onClose,
}: {
  readonly meter: Meter;
  readonly only: 'exchange' | 'multiplier';
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const { site } = useSession();
  const client = useQueryClient();
  const [local, setLocal] = useState(() => localOf(serverNow(), site.timeZone));
  const [endValue, setEndValue] = useState('');
  const [device, setDevice] = useState<string>();
  const [q, setQ] = useState('');
  const [startValue, setStartValue] = useState('0');
  const [multiplier, setMultiplier] = useState(() => trimDecimal(meter.multiplier));
  const [photo, setPhoto] = useState<string>();
  const [note, setNote] = useState('');
  const [stored, setStored] = useState(false);
  const isExchange = only === 'exchange';
  const devices = useQuery({
    queryKey: ['devices', 'exchange', site.id, meter.commodity, q],
    queryFn: ({ signal }) =>
      api.devices({ site: site.id, kind: KIND[meter.commodity], q: q || undefined, limit: 20 }, signal),
    enabled: isExchange,
  });
  const chosen = useQuery({
    queryKey: ['device', device],
    queryFn: ({ signal }) => api.device(device ?? '', signal),
    enabled: device !== undefined,
  });
  const register =
    chosen.data?.registers.find(({ point }) => point === meter.point) ?? chosen.data?.registers[0];
  const at = instantOf(local, site.timeZone);
  const unit = DISPLAY_UNIT[meter.commodity];
  const act = (confirm: boolean) => {
    const body = { at: new Date(at ?? 0).toISOString(), multiplier, note, confirm };
    return isExchange
      ? readingsApi.exchange(meter.meteringPointId, {
          ...body,
          ...{ endValue, register: register?.id, startValue, photo },
        })
      : readingsApi.multiplier(meter.meteringPointId, { ...body, value: endValue });
  };
  const isReady =
    at !== null &&
    isDial(endValue) &&
    isRatio(multiplier) &&
    (!isExchange || (register !== undefined && isDial(startValue)));
  const done = () => {
    setStored(true);
    for (const key of ['stall', 'readings', 'case', 'cases'])
      void client.invalidateQueries({ queryKey: [key] });
  };
  const title = t(isExchange ? 'readings.exchange' : 'readings.changeMultiplier');
  if (stored)
    return (
      <Sheet title={title} onClose={onClose}>
        <div className="stack">
          <Alert type="success" showIcon title={t('readings.exchanged')} />
          <SettleAgain at={at ?? 0} />
        </div>
      </Sheet>
    );
  return (
    <Sheet title={`${title} · ${meter.serial}`} onClose={onClose}>
      <div className="stack">
        <p className="page-intro">{t(isExchange ? 'readings.exchangeHint' : 'readings.multiplierHint')}</p>
        <InstantInput label={t('readings.exchangedAt')} value={local} onChange={setLocal} />
        <DialInput
          label={t(isExchange ? 'readings.endValue' : 'readings.value')}
          unit={unit}
          value={endValue}
          onChange={setEndValue}
        />
        {isExchange && (
          <>
            <Field label={t('readings.nextMeter')}>
              {(id) => (
                <Select
                  id={id}
                  size="large"
                  showSearch
                  className="whole-width"
                  popupMatchSelectWidth={false}
                  aria-label={t('readings.nextMeter')}
                  filterOption={false}
                  onSearch={setQ}
                  value={device}
                  onChange={setDevice}
                  loading={devices.isFetching}
                  options={(devices.data?.items ?? []).map((one) => ({
                    value: one.id,
                    label: one.place ? `${one.serial} · ${one.place.code}` : one.serial,
                  }))}
                />
              )}
            </Field>
            <DialInput
              label={t('readings.startValue')}
              unit={unit}
              value={startValue}
              onChange={setStartValue}
            />
          </>
        )}
        <Field label={t('readings.multiplier')}>
          {(id) => (
            <Input
              id={id}
              size="large"
              inputMode="decimal"
              maxLength={13}
              value={multiplier}
              onChange={(event) => setMultiplier(event.target.value.trim())}
            />
          )}
        </Field>
        {isExchange && <PhotoInput value={photo} onChange={setPhoto} />}
        <NoteInput value={note} onChange={setNote} />
        <ConfirmedButton label={t('readings.store')} disabled={!isReady} act={act} onDone={done} />
      </div>
    </Sheet>
  );
}
