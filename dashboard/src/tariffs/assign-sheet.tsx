import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Input, Select, Table } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ASSIGN_LEASES_MAX } from '../../../contracts/setup.ts';
import { type Assigned, type Lease, tariffsApi } from '../api/tariffs.ts';
import { serverNow, type Tariff } from '../api.ts';
import { dayRange } from '../day-range.ts';
import { formatTime, recentMonths } from '../format.ts';
import { useSession } from '../session.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { describeError, ErrorState, Loading } from '../ui/states.tsx';
import { areasOf, chooseLeases, type LeaseFilter, tariffAt } from './chosen-leases.ts';
import { useTariffTitles } from './titles.ts';

const NO_TARIFF = '';

/** Lets many leases pay the tariff from a day on: choose, see what would change, then do it. */
export function AssignSheet({ tariff, onClose }: { readonly tariff: Tariff; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const leases = useQuery({
    queryKey: ['leases', site.id],
    queryFn: ({ signal }) => tariffsApi.leases(site.id, signal),
  });
  return (
    <Sheet title={t('assign.title', { name: tariff.name })} width={820} onClose={onClose}>
      {leases.data === undefined ? (
        leases.error ? (
          <ErrorState error={leases.error} retry={() => void leases.refetch()} />
        ) : (
          <Loading />
        )
      ) : (
        <AssignForm
          tariff={tariff}
          leases={leases.data.items}
          complete={leases.data.nextCursor === null}
          onClose={onClose}
        />
      )}
    </Sheet>
  );
}

function AssignForm(props: {
  readonly tariff: Tariff;
  readonly leases: readonly Lease[];
  readonly complete: boolean;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const { site } = useSession();
  const client = useQueryClient();
  const { tariff, leases, complete, onClose } = props;
  const named = useTariffTitles();
  const now = serverNow();
  const [thisMonth = ''] = recentMonths(now, site.timeZone, 1);
  const [day, setDay] = useState(`${thisMonth}-01`);
  const [filter, setFilter] = useState<LeaseFilter>({ from: '', to: '', q: '' });
  const [chosen, setChosen] = useState<readonly number[]>([]);
  const zones = useQuery({
    queryKey: ['places', site.id, 'areas'],
    queryFn: async ({ signal }) =>
      (
        await Promise.all(
          (['zone', 'floor'] as const).map((kind) => tariffsApi.places(site.id, kind, signal)),
        )
      ).flatMap(({ items }) => items),
  });
  const stalls = useQuery({
    queryKey: ['places', site.id, 'stall'],
    queryFn: ({ signal }) => tariffsApi.places(site.id, 'stall', signal),
  });
  const nameOf = useLeaseName();
  const areas = areasOf(stalls.data?.items ?? []);
  const shown = chooseLeases(leases, filter, { areas, commodity: tariff.commodity, at: now });
  const optionsOf = (values: readonly (string | null | undefined)[]) =>
    [...new Set(values.filter((value): value is string => Boolean(value)))]
      .sort()
      .map((value) => ({ value, label: value }));
  const usedAreas = new Set(areas.values());
  const startsAt = dayRange(day, site.timeZone)?.from;
  const run = (dryRun: boolean) => ({
    mutationFn: () =>
      tariffsApi.assign({
        site: site.id,
        tariff: tariff.code,
        startsAt: startsAt ?? '',
        leases: [...chosen],
        dryRun,
      }),
  });
  const dry = useMutation(run(true));
  const real = useMutation({
    ...run(false),
    onSuccess: () => client.invalidateQueries({ queryKey: ['leases'] }),
  });
  /** Whatever changes what would be done makes the last look at it worthless. */
  const reset = () => {
    dry.reset();
    real.reset();
  };
  const put = (change: Partial<LeaseFilter>) => setFilter({ ...filter, ...change });
  const byId = new Map(leases.map((lease) => [lease.id, lease]));
  const error = real.error ?? dry.error;
  const result = real.data ?? dry.data;

  return (
    <div className="stack">
      <p className="tf-hint">{t('assign.intro')}</p>
      <div className="tf-grid">
        <Select
          allowClear
          aria-label={t('assign.zone')}
          placeholder={t('assign.zone')}
          value={filter.zone}
          onChange={(zone: number | undefined) => put({ zone })}
          options={(zones.data ?? [])
            .filter(({ id }) => usedAreas.has(id))
            .map(({ id, name }) => ({ value: id, label: name }))}
        />
        <Select
          allowClear
          aria-label={t('stall.trade')}
          placeholder={t('stall.trade')}
          value={filter.trade}
          onChange={(trade: string | undefined) => put({ trade })}
          options={optionsOf(leases.map((lease) => lease.trade))}
        />
        <Select
          allowClear
          aria-label={t('assign.pays')}
          placeholder={t('assign.pays')}
          value={filter.pays}
          onChange={(pays: string | undefined) => put({ pays })}
          options={[
            { value: NO_TARIFF, label: t('assign.noTariff') },
            ...optionsOf(leases.map((lease) => tariffAt(lease, tariff.commodity, now))).map((option) => ({
              ...option,
              label: named(option.value),
            })),
          ]}
        />
        <Input
          aria-label={t('assign.stallFrom')}
          placeholder={t('assign.stallFrom')}
          value={filter.from}
          onChange={({ target }) => put({ from: target.value.trim() })}
        />
        <Input
          aria-label={t('assign.stallTo')}
          placeholder={t('assign.stallTo')}
          value={filter.to}
          onChange={({ target }) => put({ to: target.value.trim() })}
        />
        <Input
          aria-label={t('assign.search')}
          placeholder={t('assign.search')}
          value={filter.q}
          onChange={({ target }) => put({ q: target.value })}
        />
      </div>
      {!complete && <Alert type="warning" showIcon title={t('assign.incomplete')} />}
      <div className="row">
        <Button
          onClick={() => {
            reset();
            setChosen([...new Set([...chosen, ...shown.map(({ id }) => id)])].slice(0, ASSIGN_LEASES_MAX));
          }}
        >
          {t('assign.chooseShown', { count: shown.length })}
        </Button>
        <Button
          disabled={chosen.length === 0}
          onClick={() => {
            reset();
            setChosen([]);
          }}
        >
          {t('assign.chooseNone')}
        </Button>
        <span className="muted num">{t('assign.chosen', { count: chosen.length })}</span>
      </div>
      <Table<Lease>
        size="small"
        rowKey="id"
        dataSource={shown}
        pagination={{ pageSize: 10, showSizeChanger: false, size: 'small' }}
        rowSelection={{
          selectedRowKeys: [...chosen],
          preserveSelectedRowKeys: true,
          onChange: (keys) => {
            reset();
            setChosen(keys.map(Number).slice(0, ASSIGN_LEASES_MAX));
          },
          getCheckboxProps: (lease) => ({ 'aria-label': nameOf(lease) }) as Record<string, string>,
        }}
        locale={{ emptyText: t('assign.none') }}
        columns={[
          {
            title: t('feeLine.stall'),
            key: 'stall',
            render: (_, lease) => nameOf(lease),
          },
          { title: t('feeLine.merchant'), key: 'party', ellipsis: true, render: (_, l) => l.party.name },
          { title: t('stall.trade'), key: 'trade', responsive: ['md'], render: (_, l) => l.trade ?? '—' },
          {
            title: t('assign.pays'),
            key: 'pays',
            render: (_, lease) => {
              const code = tariffAt(lease, tariff.commodity, now);
              return code === undefined ? '—' : named(code);
            },
          },
        ]}
      />
      <div className="row">
        <label htmlFor="assign-from">{t('assign.from')}</label>
        <Input
          id="assign-from"
          type="date"
          className="short-input"
          status={startsAt === undefined ? 'error' : ''}
          value={day}
          onChange={({ target }) => {
            reset();
            setDay(target.value);
          }}
        />
        <Button
          disabled={chosen.length === 0 || startsAt === undefined}
          loading={dry.isPending}
          onClick={() => dry.mutate()}
        >
          {t('assign.check')}
        </Button>
      </div>
      {error !== null && <Alert type="error" showIcon title={describeError(error, t)} />}
      {result !== undefined && <Outcome result={result} done={real.data !== undefined} leases={byId} />}
      {result !== undefined && (
        <div className="row">
          {real.data === undefined ? (
            <Button
              type="primary"
              disabled={result.changed === 0}
              loading={real.isPending}
              onClick={() => real.mutate()}
            >
              {t('assign.apply', { count: result.changed })}
            </Button>
          ) : (
            <Button type="primary" onClick={onClose}>
              {t('common.close')}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

const REFUSED_SHOWN = 100;

function Outcome(props: {
  readonly result: Assigned;
  readonly done: boolean;
  readonly leases: ReadonlyMap<number, Lease>;
}) {
  const { t } = useTranslation();
  const { site } = useSession();
  const { result, done, leases } = props;
  const nameOf = useLeaseName();
  const refused = result.leases.filter(({ outcome }) => outcome === 'refused');
  return (
    <div className="stack stack-tight" role="status" data-assigned={done ? 'done' : 'dry'}>
      <strong>
        {t(done ? 'assign.done' : 'assign.would', {
          changed: result.changed,
          unchanged: result.unchanged,
          refused: result.refused,
        })}
      </strong>
      {refused.length > 0 && (
        <ul className="faults">
          {refused.slice(0, REFUSED_SHOWN).map(({ lease, reason, earliest }) => (
            <li key={lease}>
              {nameOf(leases.get(lease))}{' '}
              {t(`assign.reason.${reason ?? 'no_such_lease'}`, {
                day: earliest === null ? '' : formatTime(earliest, site.timeZone, 'day'),
              })}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Its stall, or whose account it is that has none. */
function useLeaseName(): (lease: Lease | undefined) => string {
  const { t } = useTranslation();
  return (lease) => lease?.stall?.code ?? t(lease?.kind === 'walk_in' ? 'assign.walkIn' : 'assign.house');
}
