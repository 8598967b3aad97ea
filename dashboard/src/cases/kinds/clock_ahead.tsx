import { useQuery } from '@tanstack/react-query';
import { InputNumber, Radio } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { casesApi } from '../../api/cases.ts';
import { readingsApi } from '../../api/readings.ts';
import { formatReading } from '../../format.ts';
import { ConfirmedButton, NoteInput } from '../../readings/fields.tsx';
import { useMay, useSession } from '../../session.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Field } from '../../ui/field.tsx';
import { InstantInput, instantOf, localOf } from '../../ui/instant-input.tsx';
import { ErrorState, Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import type { CaseCardProps } from '../kinds.ts';

type Clock = Awaited<ReturnType<typeof readingsApi.clockAhead>>;
const MINUTE_MS = 60_000;

/** What a device sent with a clock that ran ahead, and what becomes of it. */
export function ClockAheadCard({ one, onDecided }: CaseCardProps) {
  const { t } = useTranslation();
  const mayDecide = useMay('cases:decide');
  const waiting = useQuery({
    queryKey: ['readings', 'clock', one.key, one.decisions.length],
    queryFn: ({ signal }) => readingsApi.clockAhead(one.key, signal),
  });
  if (waiting.data === undefined)
    return waiting.error ? (
      <ErrorState error={waiting.error} retry={() => void waiting.refetch()} />
    ) : (
      <Loading />
    );
  const { count, from, to, newest } = waiting.data;
  return (
    <div className="stack">
      <Facts
        items={[
          [
            t('cases.waiting'),
            <span key="n" className="num">
              {t('cases.readings', { count })}
            </span>,
          ],
          from === null || to === null
            ? null
            : [
                t('cases.window'),
                <span key="w">
                  <Time at={from} /> – <Time at={to} />
                </span>,
              ],
        ]}
      />
      {newest.length > 0 && (
        <table className="values">
          <thead>
            <tr>
              <th scope="col">{t('cases.clockSaid')}</th>
              <th scope="col">{t('cases.came')}</th>
              <th scope="col" className="right">
                {t('device.value')}
              </th>
            </tr>
          </thead>
          <tbody>
            {newest.slice(0, 6).map((reading) => (
              <tr key={`${reading.register} ${reading.ts}`}>
                <td>
                  <Time at={reading.ts} />
                </td>
                <td>
                  <Time at={reading.receivedAt} />
                </td>
                <td className="right num">{formatReading(reading)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {one.status === 'open' && mayDecide && count > 0 && (
        <Decide key={`${from} ${to}`} one={one} onDecided={onDecided} clock={waiting.data} />
      )}
    </div>
  );
}

function Decide({ one, onDecided, clock }: CaseCardProps & { readonly clock: Clock }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const [way, setWay] = useState<'shift' | 'accept' | 'reject'>('shift');
  const [from, setFrom] = useState(() => localOf(Date.parse(clock.from ?? ''), site.timeZone));
  // The field shows whole minutes, and the end is not included.
  const [to, setTo] = useState(() => localOf(Date.parse(clock.to ?? '') + MINUTE_MS, site.timeZone));
  const newest = clock.newest[0];
  const ahead = newest ? Math.round((Date.parse(newest.ts) - Date.parse(newest.receivedAt)) / MINUTE_MS) : 0;
  const [minutes, setMinutes] = useState<number | null>(-ahead);
  const [note, setNote] = useState('');
  const window = [instantOf(from, site.timeZone), instantOf(to, site.timeZone)];
  const act = () => {
    const [start, end] = window.map((at) => new Date(at ?? 0).toISOString());
    const shift = way === 'shift' ? { offsetMs: (minutes ?? 0) * MINUTE_MS } : {};
    return casesApi.decide(one.id, 'clock-ahead', { decision: way, from: start, to: end, note, ...shift });
  };
  return (
    <>
      <Radio.Group
        className="choices"
        value={way}
        onChange={(event) => setWay(event.target.value as typeof way)}
        options={(['shift', 'accept', 'reject'] as const).map((choice) => ({
          value: choice,
          label: t(`cases.clock.${choice}`),
        }))}
      />
      <InstantInput label={t('cases.from')} value={from} onChange={setFrom} />
      <InstantInput label={t('cases.to')} value={to} onChange={setTo} />
      {way === 'shift' && (
        <Field label={t('cases.offset')}>
          {(id) => (
            <InputNumber
              id={id}
              size="large"
              precision={0}
              min={-525_600}
              max={525_600}
              value={minutes}
              onChange={setMinutes}
            />
          )}
        </Field>
      )}
      <NoteInput value={note} onChange={setNote} />
      <ConfirmedButton
        label={t('cases.decide')}
        disabled={window.includes(null) || (way === 'shift' && !minutes)}
        act={act}
        onDone={onDecided}
      />
    </>
  );
}
