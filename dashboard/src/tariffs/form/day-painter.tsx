import { Button, Select } from 'antd';
import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { MINUTES_A_DAY } from '../../../../domain/tariffs/check-calendar.ts';
import type { BandWindow } from '../../../../domain/tariffs/definition.ts';
import { useNarrow } from '../../ui/use-narrow.ts';
import type { Shade } from '../band-shades.ts';
import { bandAt, clock, paint, paintRound, STEP_MINUTES, segments } from './day-windows.ts';

const HALF_DAY = MINUTES_A_DAY / 2;
const TIMES = Array.from({ length: MINUTES_A_DAY / STEP_MINUTES + 1 }, (_, i) => clock(i * STEP_MINUTES));

/**
 * A day of 24 hours that is painted with bands: by mouse or finger over it; by keyboard with the arrows, shift and an
 * arrow to paint; or by choosing two times. On a phone it is two rows of twelve hours.
 */
export function DayPainter(props: {
  readonly label: string;
  readonly windows: readonly BandWindow[];
  readonly bands: readonly { readonly code: string; readonly name: string }[];
  readonly brush: string;
  readonly shadeOf: (band: string | null) => Shade;
  readonly onChange: (windows: BandWindow[]) => void;
}) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const { label, windows, bands, brush, shadeOf, onChange } = props;
  const [at, setAt] = useState(0);
  const [stroke, setStroke] = useState<{ readonly from: number; readonly to: number } | null>(null);
  const start = useRef(0);
  const nameOf = (code: string | null) =>
    code === null ? t('tariffForm.noBand') : (bands.find((band) => band.code === code)?.name ?? code);
  const shown = stroke === null ? windows : paint(windows, stroke.from, stroke.to, brush);
  const rows = narrow
    ? [
        [0, HALF_DAY],
        [HALF_DAY, MINUTES_A_DAY],
      ]
    : [[0, MINUTES_A_DAY]];

  /** The half hour under the pointer. */
  const slotAt = (event: PointerEvent<HTMLElement>, from: number, to: number): number => {
    const box = event.currentTarget.getBoundingClientRect();
    const part = Math.min(0.9999, Math.max(0, (event.clientX - box.left) / box.width));
    return Math.floor((from + part * (to - from)) / STEP_MINUTES) * STEP_MINUTES;
  };
  const strokeTo = (slot: number) =>
    setStroke({ from: Math.min(start.current, slot), to: Math.max(start.current, slot) + STEP_MINUTES });
  const finish = () => {
    if (stroke !== null) onChange(paint(windows, stroke.from, stroke.to, brush));
    setStroke(null);
  };
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? STEP_MINUTES : event.key === 'ArrowLeft' ? -STEP_MINUTES : 0;
    const paints = event.key === 'Enter' || event.key === ' ' || (step !== 0 && event.shiftKey);
    if (paints) onChange(paint(windows, at, at + STEP_MINUTES, brush));
    if (step !== 0) setAt(Math.min(MINUTES_A_DAY - STEP_MINUTES, Math.max(0, at + step)));
    if (event.key === 'Home') setAt(0);
    if (event.key === 'End') setAt(MINUTES_A_DAY - STEP_MINUTES);
    if (paints || step !== 0 || event.key === 'Home' || event.key === 'End') event.preventDefault();
  };

  return (
    <div className="stack stack-tight">
      <div
        className="painter"
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={MINUTES_A_DAY - STEP_MINUTES}
        aria-valuenow={at}
        aria-valuetext={`${clock(at)} ${nameOf(bandAt(windows, at))}`}
        onKeyDown={onKey}
      >
        {rows.map(([from = 0, to = MINUTES_A_DAY]) => (
          <div key={from}>
            <div
              className="painter-row"
              onPointerDown={(event) => {
                if (event.button !== 0) return;
                event.currentTarget.setPointerCapture(event.pointerId);
                start.current = slotAt(event, from, to);
                setAt(start.current);
                strokeTo(start.current);
              }}
              onPointerMove={(event) => {
                if (stroke !== null) strokeTo(slotAt(event, from, to));
              }}
              onPointerUp={finish}
              onPointerCancel={() => setStroke(null)}
            >
              {segments(shown)
                .map((part) => ({ ...part, from: Math.max(part.from, from), to: Math.min(part.to, to) }))
                .filter((part) => part.to > part.from)
                .map((part) => (
                  <span
                    key={part.from}
                    title={`${clock(part.from)}–${clock(part.to)} ${nameOf(part.band)}`}
                    style={{ flexGrow: part.to - part.from, ...shadeOf(part.band) }}
                  >
                    {part.to - part.from >= (narrow ? 60 : 120)
                      ? nameOf(part.band)
                      : nameOf(part.band).slice(0, 1)}
                  </span>
                ))}
              {at >= from && at < to && (
                <i
                  className="painter-cursor"
                  style={{
                    left: `${((at - from) / (to - from)) * 100}%`,
                    width: `${(STEP_MINUTES / (to - from)) * 100}%`,
                  }}
                />
              )}
            </div>
            <div className="strip-hours" aria-hidden="true">
              {[0, 1, 2, 3, 4].map((i) => (
                <span key={i}>{clock(from + ((to - from) / 4) * i)}</span>
              ))}
            </div>
          </div>
        ))}
      </div>
      <p className="tf-hint num" aria-live="polite">
        {stroke === null
          ? t('tariffForm.painterHint', { band: nameOf(brush) })
          : `${clock(stroke.from)}–${clock(stroke.to)} ${nameOf(brush)}`}
      </p>
      <TimesForm
        bands={bands}
        brush={brush}
        onPaint={(from, to, band) => onChange(paintRound(windows, from, to, band))}
      />
      <ul className="painter-list num">
        {segments(windows).map((part) => (
          <li key={part.from} className={part.band === null ? 'field-fault' : ''}>
            {clock(part.from)}–{clock(part.to)} {nameOf(part.band)}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The same by choosing two times and a band. */
function TimesForm(props: {
  readonly bands: readonly { readonly code: string; readonly name: string }[];
  readonly brush: string;
  readonly onPaint: (from: number, to: number, band: string) => void;
}) {
  const { t } = useTranslation();
  const { bands, brush, onPaint } = props;
  const [from, setFrom] = useState('08:00');
  const [to, setTo] = useState('12:00');
  const [chosen, setChosen] = useState<string | null>(null);
  const band = chosen !== null && bands.some(({ code }) => code === chosen) ? chosen : brush;
  const [a, b] = [TIMES.indexOf(from) * STEP_MINUTES, TIMES.indexOf(to) * STEP_MINUTES];
  return (
    <div className="row times-form">
      <Select
        aria-label={t('tariffForm.timeFrom')}
        value={from}
        onChange={setFrom}
        options={TIMES.slice(0, -1).map((value) => ({ value, label: value }))}
      />
      <span>–</span>
      <Select
        aria-label={t('tariffForm.timeTo')}
        value={to}
        onChange={setTo}
        options={TIMES.slice(1).map((value) => ({ value, label: value }))}
      />
      <Select
        aria-label={t('tariff.band')}
        value={band}
        onChange={setChosen}
        options={bands.map(({ code, name }) => ({ value: code, label: name }))}
      />
      <Button disabled={a === b} onClick={() => onPaint(a, b, band)}>
        {t('tariffForm.setTimes')}
      </Button>
    </div>
  );
}
