import { useQuery } from '@tanstack/react-query';
import { Radio } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DISPLAY_UNIT } from '../../../../domain/commodities.ts';
import { casesApi } from '../../api/cases.ts';
import { readingsApi } from '../../api/readings.ts';
import { toBaseUnits } from '../../decimal.ts';
import { formatQuantity } from '../../format.ts';
import { ConfirmedButton, DialInput, NoteInput } from '../../readings/fields.tsx';
import { AroundTable } from '../../readings/readings-around.tsx';
import { SettleAgain } from '../../readings/settle-again.tsx';
import { useMay } from '../../session.tsx';
import { ErrorState, Loading } from '../../ui/states.tsx';
import type { CaseCardProps } from '../kinds.ts';

const OTHER = 'other';

/** The values that came for one instant, those around it, and which one stands. */
export function ReadingConflictCard({ one, onDecided }: CaseCardProps) {
  const { t } = useTranslation();
  const mayDecide = useMay('cases:decide');
  const [register = 0, ts = 0] = one.key.split(' ').map(Number);
  const [picked, setPicked] = useState<string>();
  const [other, setOther] = useState('');
  const [note, setNote] = useState('');
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
  const { readings, conflicts, suggestion, register: meter } = around.data;
  const standing = readings.find((reading) => Date.parse(reading.ts) === ts);
  const values = [
    ...new Set([...(standing ? [standing.value] : []), ...conflicts.map(({ value }) => value)]),
  ];
  const choice = picked ?? suggestion ?? undefined;
  const value = choice === OTHER ? toBaseUnits(other) : choice;
  const unit = DISPLAY_UNIT[meter.commodity];
  return (
    <div className="stack">
      <AroundTable around={around.data} from={ts} to={ts} />
      {one.status === 'open' && mayDecide ? (
        <>
          <h2>{t('cases.whichStands')}</h2>
          <Radio.Group
            className="choices"
            value={choice}
            onChange={(event) => setPicked(event.target.value as string)}
            options={[
              ...values.map((shown) => ({
                value: shown,
                label: (
                  <>
                    <span className="num">{formatQuantity(shown, meter.commodity)}</span>{' '}
                    {shown === standing?.value && <span className="tag">{t('cases.cameFirst')}</span>}{' '}
                    {shown === suggestion && <span className="tag tag-good">{t('cases.fits')}</span>}
                  </>
                ),
              })),
              { value: OTHER, label: t('cases.otherValue') },
            ]}
          />
          {choice === OTHER && (
            <DialInput label={t('readings.value')} unit={unit} value={other} onChange={setOther} />
          )}
          <NoteInput value={note} onChange={setNote} />
          <ConfirmedButton
            label={t('cases.choose')}
            disabled={value === undefined || value === null}
            act={(confirm) => casesApi.decide(one.id, 'reading-conflict', { value, confirm, note })}
            onDone={onDecided}
          />
        </>
      ) : (
        one.status === 'closed' && <SettleAgain at={ts} />
      )}
    </div>
  );
}
