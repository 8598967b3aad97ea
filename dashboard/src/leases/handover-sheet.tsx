import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Radio, Segmented, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DISPLAY_UNIT } from '../../../domain/commodities.ts';
import { CHARGING, type Charging } from '../../../domain/parties.ts';
import { readingsApi } from '../api/readings.ts';
import { api, serverNow } from '../api.ts';
import { formatQuantity } from '../format.ts';
import { ConfirmedButton, DialInput, isDial, NoteInput, PhotoInput } from '../readings/fields.tsx';
import { SettleAgain } from '../readings/settle-again.tsx';
import { useSession } from '../session.tsx';
import { Field } from '../ui/field.tsx';
import { InstantInput, instantOf, localOf } from '../ui/instant-input.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { ErrorState, Loading } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

interface Given {
  readonly value: string;
  readonly photo: string | undefined;
}
const NOTHING: Given = { value: '', photo: undefined };

/** A stall changes hands: when, what each meter shows, and who comes next. */
export function HandoverSheet({ stall, onClose }: { readonly stall: number; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const client = useQueryClient();
  const [local, setLocal] = useState(() => localOf(serverNow(), site.timeZone));
  const [given, setGiven] = useState<Readonly<Record<number, Given>>>({});
  const [next, setNext] = useState<'house' | 'lease'>('house');
  const [party, setParty] = useState<number>();
  const [charging, setCharging] = useState<Charging>('postpaid');
  const [tariffs, setTariffs] = useState<Readonly<Record<string, string | undefined>>>({});
  const [q, setQ] = useState('');
  const [note, setNote] = useState('');
  const [stored, setStored] = useState(false);
  const at = instantOf(local, site.timeZone);
  const state = useQuery({
    queryKey: ['handover', stall, at],
    queryFn: ({ signal }) => readingsApi.handover(stall, at ?? 0, signal),
    enabled: at !== null && !stored,
    placeholderData: (before) => before,
  });
  const parties = useQuery({
    queryKey: ['parties', q],
    queryFn: ({ signal }) => readingsApi.parties(q, signal),
    enabled: next === 'lease',
  });
  const known = useQuery({
    queryKey: ['tariffs', site.id],
    queryFn: ({ signal }) => api.tariffs(site.id, signal),
    enabled: next === 'lease',
  });
  const meters = state.data?.meters ?? [];
  const act = (confirm: boolean) =>
    readingsApi.handOver(stall, {
      at: new Date(at ?? 0).toISOString(),
      readings: meters.flatMap(({ point }) => {
        const { value, photo } = given[point] ?? NOTHING;
        return value === '' ? [] : [{ point, value, photo }];
      }),
      ...(next === 'lease'
        ? {
            newLease: {
              ...{ party, charging },
              tariffs: Object.entries(tariffs).flatMap(([commodity, tariff]) =>
                tariff === undefined ? [] : [{ commodity, tariff }],
              ),
            },
          }
        : {}),
      ...{ note, confirm },
    });
  const done = () => {
    setStored(true);
    for (const key of ['leases', 'stall', 'readings']) void client.invalidateQueries({ queryKey: [key] });
  };
  // What is missing is said by the server, which names the meters.
  const isReady =
    at !== null &&
    Object.values(given).every(({ value }) => value === '' || isDial(value)) &&
    (next === 'house' || party !== undefined);
  return (
    <Sheet title={`${t('leases.handover')} · ${state.data?.stall.code ?? ''}`} width={560} onClose={onClose}>
      {stored ? (
        <div className="stack">
          <Alert type="success" showIcon title={t('leases.handedOver')} />
          <SettleAgain at={at ?? 0} />
        </div>
      ) : state.data === undefined ? (
        state.error ? (
          <ErrorState error={state.error} retry={() => void state.refetch()} />
        ) : (
          <Loading />
        )
      ) : (
        <div className="stack">
          <p className="page-intro">{t('leases.handoverHint')}</p>
          <InstantInput label={t('leases.at')} value={local} onChange={setLocal} />
          {meters.map((meter) => {
            const mine = given[meter.point] ?? NOTHING;
            const put = (change: Partial<Given>) =>
              setGiven({ ...given, [meter.point]: { ...mine, ...change } });
            return (
              <section key={meter.point} className="card stack">
                <div className="card-head">
                  <strong>{t(`commodity.${meter.commodity}`)}</strong>
                  <span className="mono">{meter.serial}</span>
                </div>
                {meter.near ? (
                  <div className="note">
                    {t('leases.near')}{' '}
                    <span className="num">{formatQuantity(meter.near.value, meter.commodity)}</span>{' '}
                    <Time at={meter.near.ts} />
                  </div>
                ) : (
                  <div className="note note-bad">{t('leases.needed')}</div>
                )}
                {meter.lastReading && !meter.near && (
                  <span className="muted">
                    {t('readings.last')} {formatQuantity(meter.lastReading.value, meter.commodity)}{' '}
                    <Time at={meter.lastReading.ts} style="minute" />
                  </span>
                )}
                <DialInput
                  label={t('readings.value')}
                  unit={DISPLAY_UNIT[meter.commodity]}
                  value={mine.value}
                  onChange={(value) => put({ value })}
                />
                <PhotoInput value={mine.photo} onChange={(photo) => put({ photo })} />
              </section>
            );
          })}
          <h2>{t('leases.next')}</h2>
          <Radio.Group
            className="choices"
            value={next}
            onChange={(event) => setNext(event.target.value as typeof next)}
            options={[
              { value: 'house', label: t('leases.house') },
              { value: 'lease', label: t('leases.newLease') },
            ]}
          />
          {next === 'lease' && (
            <>
              <Field label={t('feeLine.merchant')}>
                {(id) => (
                  <Select
                    id={id}
                    size="large"
                    showSearch
                    aria-label={t('feeLine.merchant')}
                    filterOption={false}
                    onSearch={setQ}
                    value={party}
                    onChange={setParty}
                    options={(parties.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }))}
                  />
                )}
              </Field>
              <Segmented
                aria-label={t('stall.charging')}
                value={charging}
                onChange={setCharging}
                options={CHARGING.map((one) => ({ value: one, label: t(`charging.${one}`) }))}
              />
              {[...new Set(meters.map(({ commodity }) => commodity))].map((commodity) => (
                <Field
                  key={commodity}
                  label={
                    <>
                      {t('feeLine.tariff')} · {t(`commodity.${commodity}`)}
                    </>
                  }
                >
                  {(id) => (
                    <Select
                      id={id}
                      size="large"
                      allowClear
                      aria-label={`${t('feeLine.tariff')} ${t(`commodity.${commodity}`)}`}
                      value={tariffs[commodity]}
                      onChange={(code: string | undefined) => setTariffs({ ...tariffs, [commodity]: code })}
                      options={(known.data?.items ?? [])
                        .filter((one) => one.commodity === commodity)
                        .map((one) => ({ value: one.code, label: one.name }))}
                    />
                  )}
                </Field>
              ))}
            </>
          )}
          <NoteInput value={note} onChange={setNote} />
          <ConfirmedButton label={t('leases.handOver')} disabled={!isReady} act={act} onDone={done} />
        </div>
      )}
    </Sheet>
  );
}
