import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Alert, Segmented, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Commodity } from '../../../../domain/commodities.ts';
import type { TariffDefinition } from '../../../../domain/tariffs/definition.ts';
import { type PreviewRequest, tariffsApi } from '../../api/tariffs.ts';
import { serverNow } from '../../api.ts';
import { recentMonths } from '../../format.ts';
import { useSession } from '../../session.tsx';
import { describeError } from '../../ui/states.tsx';
import { LinesTable } from './lines-table.tsx';
import { TypedUsage } from './typed-usage.tsx';
import { useDebounced, useReported } from './use-debounced.ts';

const MONTHS_SHOWN = 13;
const TYPING_MS = 400;
/** What is priced: usage, and what only some prices ask for. */
type Asked = Pick<PreviewRequest, 'usage' | 'areaM2' | 'share' | 'passes'>;

/** What the tariff being written would cost, line by line, and how that differs from the version in force. */
export function PreviewPanel(props: {
  readonly commodity: Commodity;
  /** Null while it has faults. */
  readonly definition: TariffDefinition | null;
  /** The version to compare with. */
  readonly current: { readonly code: string; readonly version: number } | null;
}) {
  const { t } = useTranslation();
  const { site } = useSession();
  const { commodity, definition, current } = props;
  const [mode, setMode] = useState<'past' | 'typed'>(commodity === 'service' ? 'typed' : 'past');
  const [past, setPast] = useState<Asked | null>(null);
  const [typed, setTyped] = useState<Asked | null>(null);
  const asked = mode === 'past' ? past : typed;
  const settled = useDebounced(definition, TYPING_MS);
  const rate = (tariff: PreviewRequest['tariff'] | null) => ({
    queryKey: ['tariff-preview', site.id, tariff, asked],
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      tariffsApi.preview({ site: site.id, tariff: tariff ?? { code: '' }, ...asked }, signal),
    enabled: tariff !== null && asked !== null,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const next = useQuery(
    rate(settled === null ? null : ({ definition: settled, commodity } as PreviewRequest['tariff'])),
  );
  const before = useQuery(rate(current));
  const comparable = current !== null && before.data !== undefined && !before.isPlaceholderData;
  return (
    <aside className="panel panel-pad stack tf-preview" aria-label={t('tariffPreview.title')}>
      <div className="row">
        <h2>{t('tariffPreview.title')}</h2>
        <Segmented
          aria-label={t('tariffPreview.usage')}
          value={mode}
          onChange={setMode}
          options={[
            { value: 'past', label: t('tariffPreview.past') },
            { value: 'typed', label: t('tariffPreview.typed') },
          ]}
        />
      </div>
      <p className="tf-hint">{t('tariffPreview.hint')}</p>
      <div hidden={mode !== 'past'}>
        <PastUsage key={commodity} commodity={commodity} onChange={setPast} />
      </div>
      <div hidden={mode !== 'typed'}>
        <TypedUsage key={commodity} commodity={commodity} definition={settled} onChange={setTyped} />
      </div>
      {definition === null && <Alert type="warning" showIcon title={t('tariffPreview.faulty')} />}
      {next.error !== null && definition !== null && (
        <Alert type="info" showIcon title={describeError(next.error, t)} />
      )}
      {asked === null && <p className="muted">{t('tariffPreview.noUsage')}</p>}
      {asked !== null && next.data !== undefined && next.error === null && (
        <div data-preview={next.isPlaceholderData || settled !== definition ? 'pending' : 'settled'}>
          <LinesTable
            result={next.data}
            before={comparable ? before.data : undefined}
            definition={settled ?? definition}
          />
        </div>
      )}
      {asked !== null && next.data !== undefined && current !== null && before.error !== null && (
        <p className="muted">{t('tariffPreview.noComparison')}</p>
      )}
    </aside>
  );
}

/** A stall's own usage of a month, the last one unless another is chosen. */
function PastUsage(props: {
  readonly commodity: Commodity;
  readonly onChange: (asked: Asked | null) => void;
}) {
  const { t } = useTranslation();
  const { site } = useSession();
  const { commodity, onChange } = props;
  const months = recentMonths(serverNow(), site.timeZone, MONTHS_SHOWN).slice(1);
  const [period, setPeriod] = useState(months[0] ?? '');
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const sought = useDebounced(search, TYPING_MS);
  const stalls = useQuery({
    queryKey: ['stalls-found', site.id, sought],
    queryFn: ({ signal }) => tariffsApi.findStalls(site.id, sought, signal),
    placeholderData: keepPreviousData,
  });
  const suggested = useQuery({
    queryKey: ['stall-with-usage', site.id, commodity],
    queryFn: async ({ signal }) =>
      (await tariffsApi.stallWithUsage(site.id, commodity, months[0] ?? '', signal)) ??
      (await tariffsApi.findStalls(site.id, '', signal)).items[0]?.code ??
      null,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const stall = chosen ?? suggested.data ?? null;
  useReported(
    stall === null || period === '' ? null : { usage: { kind: 'past' as const, stall, period } },
    onChange,
  );
  return (
    <div className="row tf-usage">
      <Select
        showSearch={{ filterOption: false, onSearch: setSearch }}
        aria-label={t('tariffPreview.stall')}
        placeholder={t('tariffPreview.stall')}
        value={stall}
        loading={suggested.isPending}
        notFoundContent={t('tariffPreview.noStall')}
        onChange={setChosen}
        options={(stalls.data?.items ?? []).map((one) => ({
          value: one.code,
          label: [one.code, one.lease?.party.name].filter(Boolean).join(' · '),
        }))}
      />
      <Select
        aria-label={t('feeLine.period')}
        value={period}
        onChange={setPeriod}
        options={months.map((value) => ({ value, label: value }))}
      />
    </div>
  );
}
