import { useQuery } from '@tanstack/react-query';
import { Radio } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DISPLAY_UNIT } from '../../../../domain/commodities.ts';
import { casesApi } from '../../api/cases.ts';
import { type ReadingsAround, readingsApi } from '../../api/readings.ts';
import { serverNow } from '../../api.ts';
import { toBaseUnits } from '../../decimal.ts';
import { formatQuantity } from '../../format.ts';
import { ConfirmedButton, DialInput, isDial, NoteInput, PhotoInput } from '../../readings/fields.tsx';
import { AroundTable } from '../../readings/readings-around.tsx';
import { SettleAgain } from '../../readings/settle-again.tsx';
import { useMay, useSession } from '../../session.tsx';
import { InstantInput, instantOf, localOf } from '../../ui/instant-input.tsx';
import { ErrorState, Loading } from '../../ui/states.tsx';
import type { CaseCardProps } from '../kinds.ts';

type Way = 'accept' | 'exchange' | 'max_rate' | 'reject' | 'manual';
/** What may explain readings that were refused for a reason. */
const WAYS: Readonly<Record<string, readonly Way[]>> = {
  decreased: ['exchange', 'accept', 'reject', 'manual'],
  jumped: ['accept', 'max_rate', 'reject', 'manual'],
  beyond_dial: ['reject', 'manual'],
};

/** Base units as a dial shows them. */
const dialOf = (base: unknown): string =>
  typeof base === 'string' && /^\d+$/.test(base)
    ? `${BigInt(base) / 1000n}.${base.padStart(4, '0').slice(-3)}`
    : '';

/** The refused readings among those around them, and what explains them. */
export function ReadingRefusedCard({ one, onDecided }: CaseCardProps) {
  const { t } = useTranslation();
  const mayDecide = useMay('cases:decide');
  const [register = 0, ts = 0] = one.key.split(' ').map(Number);
  const around = useQuery({
    queryKey: ['readings', register, ts, one.status],
    queryFn: ({ signal }) => readingsApi.around(register, ts, signal),
  });
  if (around.data === undefined)
    return around.error ? (
      <ErrorState error={around.error} retry={() => void around.refetch()} />
    ) : (
      <Loading />
    );
  const reason = String(one.subject['reason']);
  const until = typeof one.subject['until'] === 'string' ? Date.parse(one.subject['until']) : ts;
  return (
    <div className="stack">
      <div className="note note-bad">
        {reason === 'decreased' || reason === 'jumped' || reason === 'beyond_dial'
          ? t(`cases.refused.${reason}`)
          : reason}
        {around.data.usualADay !== null && (
          <div>
            {t('readings.usual', {
              quantity: formatQuantity(around.data.usualADay, around.data.register.commodity),
            })}
          </div>
        )}
      </div>
      <AroundTable around={around.data} from={ts} to={until} />
      {one.status === 'open' && mayDecide ? (
        <Decide one={one} onDecided={onDecided} around={around.data} reason={reason} ts={ts} />
      ) : (
        one.status === 'closed' && <SettleAgain at={ts} />
      )}
    </div>
  );
}

function Decide(
  props: CaseCardProps & { readonly around: ReadingsAround; readonly reason: string; readonly ts: number },
) {
  const { t } = useTranslation();
  const { site } = useSession();
  const { one, around, reason, ts, onDecided } = props;
  const before = one.subject['before'] as { readonly value?: unknown } | undefined;
  const ways = WAYS[reason] ?? ['reject', 'manual'];
  const [way, setWay] = useState<Way | undefined>(ways[0]);
  const [at, setAt] = useState(() => localOf(ts, site.timeZone));
  const [readAt, setReadAt] = useState(() => localOf(serverNow(), site.timeZone));
  const [endValue, setEndValue] = useState(() => dialOf(before?.value));
  const [startValue, setStartValue] = useState(() => dialOf(one.subject['value']));
  const [rate, setRate] = useState(() => dialOf(around.register.meteringPoint?.maxRate));
  const [value, setValue] = useState('');
  const [photo, setPhoto] = useState<string>();
  const [note, setNote] = useState('');
  const unit = DISPLAY_UNIT[around.register.commodity];
  const instant = instantOf(at, site.timeZone);
  const readInstant = instantOf(readAt, site.timeZone);
  const maxRate = Number(toBaseUnits(rate) ?? 0);

  const bodyOf = (confirm: boolean): object => {
    switch (way) {
      case 'exchange':
        return { decision: way, at: new Date(instant ?? 0).toISOString(), endValue, startValue, note };
      case 'max_rate':
        return { decision: way, maxRate, note };
      case 'manual':
        return { decision: way, ts: new Date(readInstant ?? 0).toISOString(), value, photo, confirm, note };
      default:
        return { decision: way, note };
    }
  };
  const isReady =
    way === 'exchange'
      ? instant !== null && isDial(endValue) && isDial(startValue)
      : way === 'manual'
        ? readInstant !== null && isDial(value)
        : way === 'max_rate'
          ? maxRate > 0
          : way !== undefined;
  return (
    <>
      <h2>{t('cases.explains')}</h2>
      <Radio.Group
        className="choices"
        value={way}
        onChange={(event) => setWay(event.target.value as Way)}
        options={ways.map((choice) => ({
          value: choice,
          label: t(
            choice === 'accept' && reason === 'decreased' ? 'cases.way.rollover' : `cases.way.${choice}`,
          ),
        }))}
      />
      {way === 'exchange' && (
        <>
          <InstantInput label={t('readings.exchangedAt')} value={at} onChange={setAt} />
          <DialInput label={t('readings.endValue')} unit={unit} value={endValue} onChange={setEndValue} />
          <DialInput
            label={t('readings.startValue')}
            unit={unit}
            value={startValue}
            onChange={setStartValue}
          />
        </>
      )}
      {way === 'max_rate' && (
        <DialInput label={t('readings.maxRate')} unit={`${unit}/h`} value={rate} onChange={setRate} />
      )}
      {way === 'manual' && (
        <>
          <InstantInput label={t('readings.at')} value={readAt} onChange={setReadAt} />
          <DialInput label={t('readings.value')} unit={unit} value={value} onChange={setValue} />
          <PhotoInput value={photo} onChange={setPhoto} />
        </>
      )}
      <NoteInput value={note} onChange={setNote} />
      <ConfirmedButton
        label={t('cases.decide')}
        disabled={!isReady}
        act={(confirm) => casesApi.decide(one.id, 'reading-refused', bodyOf(confirm))}
        onDone={onDecided}
      />
    </>
  );
}
