import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatNumber, formatTime } from '../format.ts';

/** Seconds and values, in order of time; null is a gap. */
export interface Series {
  readonly seconds: readonly number[];
  readonly values: readonly (number | null)[];
}

const INK = '#4a5563';
const GRID = '#e6e9ee';
const LINE = '#0958d9';

/** One series over time on the site's clock, as a line or as steps; the value under the mouse is in the legend. */
export function Chart(props: {
  readonly series: Series;
  readonly zone: string;
  readonly unit: string;
  readonly label: string;
  /** `months`: a bar for each, from zero. */
  readonly kind?: 'line' | 'steps' | 'bars' | 'months';
  readonly height?: number;
}) {
  const { series, zone, unit, label, kind = 'line', height = 180 } = props;
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const steps = uPlot.paths.stepped?.({ align: 1 });
    const bars = uPlot.paths.bars?.({ size: [0.8, 40], align: 1 });
    const isBars = kind === 'bars' || kind === 'months';
    const path = kind === 'steps' ? steps : isBars ? bars : undefined;
    const axis = { stroke: INK, grid: { stroke: GRID, width: 1 }, ticks: { stroke: GRID, width: 1 } };
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
        cursor: { y: false, drag: { x: false, y: false } },
        legend: { live: true },
        scales: { y: { range: (_, min, max) => spread(kind === 'months' ? Math.min(0, min) : min, max) } },
        axes: [
          {
            ...axis,
            space: 64,
            ...(kind === 'months' ? { splits: () => [...series.seconds] } : {}),
            values:
              kind === 'months'
                ? (_, at) => at.map((seconds) => monthOf(seconds))
                : [
                    [86_400, '{MM}-{DD}', null, null, null, null, null, null, 1],
                    [3600, '{HH}:{mm}', '\n{MM}-{DD}', null, '\n{MM}-{DD}', null, null, null, 1],
                    [60, '{HH}:{mm}', '\n{MM}-{DD}', null, '\n{MM}-{DD}', null, null, null, 1],
                  ],
          },
          {
            ...axis,
            size: 58,
            values: (_, splits) => splits.map((value) => formatNumber(value)),
          },
        ],
        series: [
          {
            value: (_, seconds) =>
              seconds === null
                ? ''
                : kind === 'months'
                  ? monthOf(seconds)
                  : formatTime(seconds * 1000, zone, 'minute'),
          },
          {
            label,
            stroke: LINE,
            width: 1.5,
            fill: isBars ? `${LINE}cc` : `${LINE}18`,
            points: { show: series.values.length < 40 && kind === 'line', size: 5 },
            ...(path === undefined ? {} : { paths: path }),
            value: (_, value) => (value === null ? '—' : `${formatNumber(value)} ${unit}`),
          },
        ],
      },
      [[...series.seconds], [...series.values]],
      element,
    );
    // Its legend is laid out by a table whose headers are empty: it is a picture's caption, not data.
    plot.root.querySelector('.u-legend')?.setAttribute('role', 'presentation');
    const resizes = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    resizes.observe(element);
    return () => {
      resizes.disconnect();
      plot.destroy();
    };
  }, [series, zone, unit, label, kind, height]);

  return <div ref={box} className="chart" role="img" aria-label={label} />;
}

const monthOf = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 7);

/** Some air around the values; a flat line is in the middle of its own small range. */
function spread(min: number, max: number): [number, number] {
  if (!Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const air = (max - min) * 0.08 || Math.max(1, Math.abs(max) * 0.05);
  return [min >= 0 ? Math.max(0, min - air) : min - air, max + air];
}
