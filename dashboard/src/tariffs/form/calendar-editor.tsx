import { Button, Input, Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { BandCalendar, BandWindow } from '../../../../domain/tariffs/definition.ts';
import { DateList } from '../../ui/date-list.tsx';
import type { Shade } from '../band-shades.ts';
import { DayPainter } from './day-painter.tsx';
import { FaultsOf } from './fault-context.tsx';
import { freeCode } from './new-parts.ts';
import { renameSchedule, withoutSchedule } from './year-days.ts';
import { letterOf, tintOf, YearMatrix } from './year-matrix.tsx';

const SCHEDULES_MAX = 26;

/** Which band holds when: the days' schedules, the year's days, and days that are different. */
export function CalendarEditor(props: {
  readonly path: string;
  readonly calendar: BandCalendar;
  readonly bands: readonly { readonly code: string; readonly name: string }[];
  readonly shadeOf: (band: string | null) => Shade;
  readonly onChange: (calendar: BandCalendar) => void;
}) {
  const { t } = useTranslation();
  const { path, calendar, bands, shadeOf, onChange } = props;
  const names = Object.keys(calendar.schedules);
  const [chosen, setChosen] = useState(names[0] ?? '');
  const [band, setBand] = useState<string | null>(null);
  const schedule = names.includes(chosen) ? chosen : (names[0] ?? '');
  const brush = bands.find(({ code }) => code === band)?.code ?? bands[0]?.code ?? '';
  const putWindows = (windows: readonly BandWindow[]) =>
    onChange({ ...calendar, schedules: { ...calendar.schedules, [schedule]: windows } });
  const add = () => {
    const name = freeCode(`${schedule || 'day'}2`, names);
    onChange({
      ...calendar,
      schedules: { ...calendar.schedules, [name]: calendar.schedules[schedule] ?? [] },
    });
    setChosen(name);
  };
  const specialDates = (calendar.specialDays ?? [])
    .filter((day) => day.schedule === schedule)
    .flatMap(({ dates }) => dates);
  const putDates = (dates: readonly string[]) => {
    const others = (calendar.specialDays ?? []).filter((day) => day.schedule !== schedule);
    const specialDays = dates.length === 0 ? others : [...others, { dates, schedule }];
    onChange({ ...calendar, specialDays: specialDays.length === 0 ? undefined : specialDays });
  };

  return (
    <div className="stack">
      <div className="row">
        <Segmented
          aria-label={t('tariffForm.schedules')}
          value={schedule}
          onChange={setChosen}
          options={names.map((name, i) => ({
            value: name,
            label: (
              <>
                <span className="schedule-letter" style={{ background: tintOf(i) }}>
                  {letterOf(i)}
                </span>{' '}
                {name}
              </>
            ),
          }))}
        />
        <Button onClick={add} disabled={names.length >= SCHEDULES_MAX}>
          {t('tariffForm.addSchedule')}
        </Button>
      </div>
      <fieldset className="tf-box">
        <legend>{t('tariffForm.scheduleOf', { name: schedule })}</legend>
        <div className="row">
          <ScheduleName
            key={schedule}
            name={schedule}
            taken={names}
            onRename={(name) => {
              onChange(renameSchedule(calendar, schedule, name));
              setChosen(name);
            }}
          />
          <Button disabled={names.length === 1} onClick={() => onChange(withoutSchedule(calendar, schedule))}>
            {t('tariffForm.removeSchedule')}
          </Button>
        </div>
        {/* biome-ignore lint/a11y/useSemanticElements: radio buttons would need a frame of their own each */}
        <div className="row" role="group" aria-label={t('tariffForm.brush')}>
          <span className="muted">{t('tariffForm.brush')}</span>
          {bands.map(({ code, name }) => (
            <button
              key={code}
              type="button"
              className="brush"
              aria-pressed={code === brush}
              style={shadeOf(code)}
              onClick={() => setBand(code)}
            >
              {name}
            </button>
          ))}
        </div>
        <DayPainter
          label={t('tariffForm.painter', { name: schedule })}
          windows={calendar.schedules[schedule] ?? []}
          bands={bands}
          brush={brush}
          shadeOf={shadeOf}
          onChange={putWindows}
        />
        <FaultsOf path={`${path}.schedules.${schedule}`} below={['']} />
      </fieldset>
      <fieldset className="tf-box">
        <legend>{t('tariffForm.year')}</legend>
        <p className="tf-hint">{t('tariffForm.yearHint', { name: schedule })}</p>
        <YearMatrix
          days={calendar.days}
          schedules={names}
          brush={schedule}
          onChange={(days) => onChange({ ...calendar, days })}
        />
        <FaultsOf path={`${path}.days`} below={['']} />
      </fieldset>
      <fieldset className="tf-box">
        <legend>{t('tariffForm.specialDays', { name: schedule })}</legend>
        <p className="tf-hint">{t('tariffForm.specialDaysHint')}</p>
        <DateList
          key={schedule}
          label={t('tariffForm.specialDays', { name: schedule })}
          everyYear
          dates={specialDates}
          onChange={putDates}
        />
        <FaultsOf path={`${path}.specialDays`} below={['']} />
      </fieldset>
    </div>
  );
}

/** Renames when one is done, so that half a name does not collide with another one. */
function ScheduleName(props: {
  readonly name: string;
  readonly taken: readonly string[];
  readonly onRename: (name: string) => void;
}) {
  const { t } = useTranslation();
  const { name, taken, onRename } = props;
  const [typed, setTyped] = useState(name);
  const collides = typed !== name && taken.includes(typed);
  const finish = () => {
    if (typed === '' || collides) setTyped(name);
    else if (typed !== name) onRename(typed);
  };
  return (
    <Input
      className="filter"
      aria-label={t('tariffForm.scheduleName')}
      maxLength={32}
      status={collides ? 'error' : ''}
      value={typed}
      onChange={({ target }) => setTyped(target.value.replaceAll(/[^\p{L}\p{N}_.-]/gu, ''))}
      onBlur={finish}
      onPressEnter={finish}
    />
  );
}
