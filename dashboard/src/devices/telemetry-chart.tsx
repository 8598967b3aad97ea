import { useQuery } from '@tanstack/react-query';
import { Segmented, Select } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, serverNow, type Telemetry } from '../api.ts';
import { formatUnit } from '../format.ts';
import { useSession } from '../session.tsx';
import { Chart, type Series } from '../ui/chart.tsx';
import { EmptyState, ErrorState, Loading } from '../ui/states.tsx';
import { usePointName } from './point-name.ts';

/** Ranges, each with windows that give a few hundred points. */
const RANGES = {
  '24h': { ms: 24 * 3_600_000, every: '10m' },
  '7d': { ms: 7 * 24 * 3_600_000, every: '1h' },
  '30d': { ms: 30 * 24 * 3_600_000, every: '4h' },
} as const;
type Range = keyof typeof RANGES;

export interface ChartPoint {
  readonly device: string;
  readonly point: string;
  /** False for what has no mean: each sample is shown. */
  readonly mean?: boolean;
  /** Where several devices are offered, whose point it is. */
  readonly of?: string;
}

/** A point of a device over time; averages over windows, on the site's clock. */
export function TelemetryChart({ points }: { readonly points: readonly ChartPoint[] }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const pointName = usePointName();
  const [range, setRange] = useState<Range>('24h');
  const [at, setAt] = useState(0);
  const chosen = points[at] ?? points[0];

  const query = useQuery({
    queryKey: ['telemetry', chosen?.device, chosen?.point, range],
    enabled: chosen !== undefined,
    staleTime: 30_000,
    refetchInterval: 60_000,
    queryFn({ signal }) {
      const to = serverNow();
      const { ms, every } = RANGES[range];
      return api.telemetry(
        chosen?.device ?? '',
        {
          point: chosen?.point,
          from: new Date(to - ms).toISOString(),
          to: new Date(to).toISOString(),
          every: chosen?.mean === false ? undefined : every,
        },
        signal,
      );
    },
  });
  const series = useMemo(() => toSeries(query.data), [query.data]);
  if (chosen === undefined) return null;
  const name = pointName(chosen.point);

  return (
    <div className="telemetry">
      <div className="telemetry-bar">
        {points.length > 1 ? (
          <Select
            size="small"
            aria-label={t('chart.point')}
            value={at}
            onChange={setAt}
            popupMatchSelectWidth={false}
            options={points.map((one, i) => ({
              value: i,
              label: one.of === undefined ? pointName(one.point) : `${one.of} · ${pointName(one.point)}`,
            }))}
          />
        ) : (
          <strong>{name}</strong>
        )}
        <Segmented<Range>
          size="small"
          aria-label={t('chart.range')}
          value={range}
          onChange={setRange}
          options={(Object.keys(RANGES) as Range[]).map((value) => ({
            value,
            label: t(`chart.range${value}`),
          }))}
        />
      </div>
      {query.data === undefined ? (
        query.error ? (
          <ErrorState error={query.error} retry={() => void query.refetch()} />
        ) : (
          <Loading />
        )
      ) : series.seconds.length === 0 ? (
        <EmptyState title={t('chart.none')} hint={t('chart.noneHint')} />
      ) : (
        <>
          <Chart
            series={series}
            zone={site.timeZone}
            unit={formatUnit(query.data.unit)}
            label={name}
            kind={query.data.samples.some((s) => typeof s.value === 'boolean') ? 'steps' : 'line'}
          />
          {query.data.truncated && <p className="muted">{t('chart.truncated')}</p>}
        </>
      )}
    </div>
  );
}

function toSeries(telemetry: Telemetry | undefined): Series {
  const seconds: number[] = [];
  const values: number[] = [];
  for (const { ts, value } of telemetry?.samples ?? []) {
    if (typeof value === 'string') continue;
    seconds.push(Date.parse(ts) / 1000);
    values.push(Number(value));
  }
  return { seconds, values };
}
