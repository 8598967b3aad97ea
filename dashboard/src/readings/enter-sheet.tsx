import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DISPLAY_UNIT } from '../../../domain/commodities.ts';
import { readingsApi } from '../api/readings.ts';
import { serverNow } from '../api.ts';
import { DAY_MS } from '../days.ts';
import { toBaseUnits } from '../decimal.ts';
import { formatQuantity } from '../format.ts';
import { useSession } from '../session.tsx';
import { InstantInput, instantOf, localOf } from '../ui/instant-input.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { Time } from '../ui/time.tsx';
import { ConfirmedButton, DialInput, isDial, NoteInput, PhotoInput } from './fields.tsx';
import type { Meter } from './readings-page.tsx';
import { SettleAgain } from './settle-again.tsx';

/** What the dial shows, with a picture of it; how much that is since the last reading, and what is usual. */
export function EnterSheet({
  meter,
  at: wanted,
  onClose,
}: {
  readonly meter: Meter;
  /** The instant to begin with, epoch milliseconds; now when there is none. */
  readonly at?: number | undefined;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const { site } = useSession();
  const client = useQueryClient();
  const [local, setLocal] = useState(() => localOf(wanted ?? serverNow(), site.timeZone));
  const [value, setValue] = useState('');
  const [photo, setPhoto] = useState<string>();
  const [note, setNote] = useState('');
  const [stored, setStored] = useState(false);
  const at = instantOf(local, site.timeZone);
  const around = useQuery({
    queryKey: ['readings', meter.registerId, at],
    queryFn: ({ signal }) => readingsApi.around(meter.registerId, at ?? 0, signal),
    enabled: at !== null && !stored,
  });
  const before = around.data?.readings.filter(
    (reading) => reading.quality === 'good' && Date.parse(reading.ts) < (at ?? 0),
  );
  const last = before?.at(-1);
  const base = isDial(value) ? toBaseUnits(value) : null;
  const since = BigInt(base ?? 0) - BigInt(last?.value ?? 0);
  const unit = DISPLAY_UNIT[meter.commodity];
  const act = (confirm: boolean) =>
    readingsApi.enter(meter.registerId, {
      ts: new Date(at ?? 0).toISOString(),
      ...{ value, note, photo, confirm },
    });
  const done = () => {
    setStored(true);
    void client.invalidateQueries({ queryKey: ['stall'] });
    void client.invalidateQueries({ queryKey: ['readings'] });
  };
  return (
    <Sheet title={`${t('readings.enter')} · ${meter.serial}`} onClose={onClose}>
      {stored ? (
        <div className="stack">
          <Alert type="success" showIcon title={t('readings.stored')} />
          <SettleAgain at={at ?? 0} />
        </div>
      ) : (
        <div className="stack">
          {last && (
            <div className="note">
              {t('readings.last')}{' '}
              <strong className="num">{formatQuantity(last.value, meter.commodity)}</strong>{' '}
              <Time at={last.ts} style="minute" />
            </div>
          )}
          <DialInput label={t('readings.value')} unit={unit} value={value} onChange={setValue} />
          {base !== null && last && (
            <div className="note" aria-live="polite">
              {t(since < 0n ? 'readings.less' : 'readings.since', {
                quantity: formatQuantity(String(since < 0n ? -since : since), meter.commodity),
              })}
              {around.data?.usualADay != null && at !== null && (
                <div className="muted">
                  {t('readings.expected', {
                    quantity: formatQuantity(
                      String(
                        (BigInt(around.data.usualADay) * BigInt(at - Date.parse(last.ts))) / BigInt(DAY_MS),
                      ),
                      meter.commodity,
                    ),
                  })}
                </div>
              )}
            </div>
          )}
          <InstantInput label={t('readings.at')} value={local} onChange={setLocal} />
          <PhotoInput value={photo} onChange={setPhoto} />
          <NoteInput value={note} onChange={setNote} />
          <ConfirmedButton
            label={t('readings.store')}
            disabled={base === null || at === null}
            act={act}
            onDone={done}
          />
        </div>
      )}
    </Sheet>
  );
}
