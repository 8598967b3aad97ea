import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation, useNavigate } from 'react-router';
import { COMMODITIES } from '../../../../domain/commodities.ts';
import { ROUNDING_MODES } from '../../../../domain/money.ts';
import type { TariffComponent } from '../../../../domain/tariffs/definition.ts';
import { type TariffCreate, tariffsApi } from '../../api/tariffs.ts';
import { ApiError, api, serverNow, type Tariff } from '../../api.ts';
import { dayRange } from '../../day-range.ts';
import { recentMonths } from '../../format.ts';
import { useMay, useSession } from '../../session.tsx';
import { describeFault, type Fault } from '../../ui/faults.ts';
import { describeError, ErrorState, Loading } from '../../ui/states.tsx';
import { UnsavedGuard } from '../../ui/unsaved-guard.tsx';
import { useAddress } from '../../ui/use-address.ts';
import { currentVersion } from '../current-version.ts';
import { ComponentCard } from './component-card.tsx';
import { type Draft, emptyDraft, faultsOf, zDraft } from './draft.ts';
import { FaultProvider } from './fault-context.tsx';
import { ChoiceField, TextField } from './fields.tsx';
import { newComponent, renameComponent, tidy } from './new-parts.ts';
import { PreviewPanel } from './preview-panel.tsx';
import '../tariffs.css';

const COMPONENTS_MAX = 20;

/** A new tariff, or the next version of the one that the address names. */
export function TariffFormPage() {
  const { t } = useTranslation();
  const { site } = useSession();
  const mayWrite = useMay('tariffs:write');
  const location = useLocation();
  const [get] = useAddress();
  const code = get('tariff');
  const tariffs = useQuery({
    queryKey: ['tariffs', site.id],
    queryFn: ({ signal }) => api.tariffs(site.id, signal),
    refetchOnWindowFocus: false,
  });
  if (!mayWrite) return <ErrorState error={new ApiError('refused', 403, '')} />;
  if (tariffs.data === undefined) {
    return tariffs.error ? (
      <ErrorState error={tariffs.error} retry={() => void tariffs.refetch()} />
    ) : (
      <Loading page />
    );
  }
  const tariff = tariffs.data.items.find((one) => one.code === code);
  if (code !== undefined && tariff === undefined) {
    return <ErrorState error={new ApiError('refused', 404, '')} />;
  }
  const [thisMonth = ''] = recentMonths(serverNow(), site.timeZone, 1);
  const begun = zDraft.safeParse(location.state).data;
  const base = tariff?.versions.find((one) => String(one.version) === get('version')) ?? tariff?.versions[0];
  const fresh = emptyDraft('electricity', `${thisMonth}-01`);
  const start: Draft =
    tariff === undefined || base === undefined
      ? { ...fresh, ...(begun as Partial<Draft> | undefined) }
      : {
          code: tariff.code,
          name: tariff.name,
          commodity: tariff.commodity,
          from: firstOfNextMonth(thisMonth),
          definition: base.definition,
        };
  return (
    <div className="page tf-page">
      <div className="page-head">
        <h1>
          {tariff === undefined
            ? t('tariffForm.titleNew')
            : t('tariffForm.titleVersion', { name: tariff.name })}
        </h1>
        <Link to="/tariffs">{t('tariffForm.back')}</Link>
      </div>
      <TariffForm key={code ?? 'new'} start={start} tariff={tariff} />
    </div>
  );
}

function firstOfNextMonth(month: string): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 10);
}

function TariffForm({ start, tariff }: { readonly start: Draft; readonly tariff: Tariff | undefined }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(start);
  const [saved, setSaved] = useState(false);
  const { definition } = draft;
  const { components } = definition;
  const put = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const putComponents = (next: readonly TariffComponent[]) =>
    put({ definition: { ...definition, components: next } });
  const changed = JSON.stringify(draft) !== JSON.stringify(start);
  const save = useMutation({
    mutationFn: (body: TariffCreate) => tariffsApi.create(body),
    async onSuccess() {
      setSaved(true);
      await client.invalidateQueries({ queryKey: ['tariffs'] });
      await navigate(`/tariffs?made=${encodeURIComponent(draft.code)}`);
    },
  });
  const refused: Fault[] =
    save.error === null ? [] : [{ path: [refusedField(save.error)], message: describeError(save.error, t) }];
  const faults: Fault[] = faultsOf(draft, site);
  const current = tariff === undefined ? undefined : currentVersion(tariff.versions, serverNow());
  const compared = current ?? tariff?.versions[0];
  const whole = tidy(definition);
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (faults.length > 0) return;
        save.mutate({
          site: site.id,
          code: draft.code,
          name: draft.name,
          commodity: draft.commodity,
          effectiveFrom: dayRange(draft.from, site.timeZone)?.from ?? '',
          definition: whole as TariffCreate['definition'],
        });
      }}
    >
      <UnsavedGuard unsaved={changed && !saved} />
      <FaultProvider faults={[...faults, ...refused]}>
        <div className="tf-columns">
          <div className="stack">
            <section className="panel panel-pad stack" aria-labelledby="tf-basics">
              <h2 id="tf-basics">{t('tariffForm.basics')}</h2>
              <div className="tf-grid">
                <TextField
                  path="name"
                  label={t('tariffForm.name')}
                  value={draft.name}
                  onChange={(name) => put({ name })}
                />
                <TextField
                  path="code"
                  label={t('tariff.code')}
                  hint={t('tariffForm.codeHint')}
                  maxLength={32}
                  disabled={tariff !== undefined}
                  value={draft.code}
                  onChange={(code) => put({ code })}
                />
                <ChoiceField
                  path="commodity"
                  label={t('feeLine.commodity')}
                  disabled={tariff !== undefined}
                  value={draft.commodity}
                  onChange={(commodity) => put({ commodity })}
                  options={COMMODITIES.map((value) => ({ value, label: t(`commodity.${value}`) }))}
                />
                <TextField
                  path="from"
                  type="date"
                  label={t('tariffForm.from')}
                  hint={t(tariff === undefined ? 'tariffForm.fromHint' : 'tariffForm.fromHintVersion')}
                  value={draft.from}
                  onChange={(from) => {
                    save.reset();
                    put({ from });
                  }}
                />
              </div>
            </section>
            {components.map((component, i) => (
              <ComponentCard
                // biome-ignore lint/suspicious/noArrayIndexKey: its code is what is being edited
                key={i}
                at={i}
                count={components.length}
                component={component}
                before={components.slice(0, i)}
                commodity={draft.commodity}
                onChange={(next) => putComponents(components.map((one, n) => (n === i ? next : one)))}
                onRename={(code) => put({ definition: renameComponent(definition, i, code) })}
                onMove={(by) => putComponents(moved(components, i, by))}
                onRemove={() => putComponents(components.filter((_, n) => n !== i))}
              />
            ))}
            <div>
              <Button
                disabled={components.length >= COMPONENTS_MAX}
                onClick={() =>
                  putComponents([
                    ...components,
                    newComponent(
                      draft.commodity,
                      components.map(({ code }) => code),
                    ),
                  ])
                }
              >
                {t('tariffForm.addComponent')}
              </Button>
            </div>
            <TotalRounding
              value={definition.rounding}
              onChange={(rounding) => {
                const { rounding: _before, ...rest } = definition;
                put({ definition: rounding === undefined ? rest : { ...rest, rounding } });
              }}
            />
            <CheckList faults={faults} components={components} />
          </div>
          <PreviewPanel
            commodity={draft.commodity}
            definition={faults.some(({ path }) => path[0] === 'components') ? null : whole}
            current={compared === undefined ? null : { code: draft.code, version: compared.version }}
          />
        </div>
        {save.error !== null && <Alert type="error" showIcon title={describeError(save.error, t)} />}
        <div className="save-bar">
          <span role="status">
            {faults.length > 0 ? t('settings.faults', { count: faults.length }) : t('tariffForm.ready')}
          </span>
          <Button onClick={() => navigate('/tariffs')}>{t('common.cancel')}</Button>
          <Button type="primary" htmlType="submit" disabled={faults.length > 0} loading={save.isPending}>
            {t(tariff === undefined ? 'tariffForm.create' : 'tariffForm.createVersion')}
          </Button>
        </div>
      </FaultProvider>
    </form>
  );
}

/** Where what the server refused is entered; '' where it is about no one field. */
function refusedField(error: unknown): string {
  const code = error instanceof ApiError ? error.refusal?.code : undefined;
  switch (code) {
    case 'tariff_charged':
    case 'tariff_period_closed':
    case 'tariff_versions_from':
      return 'from';
    case 'tariff_commodity':
    case 'tariffs_code':
      return 'code';
    default:
      return '';
  }
}

function moved<T>(list: readonly T[], at: number, by: -1 | 1): T[] {
  const next = [...list];
  const [one] = next.splice(at, 1);
  if (one !== undefined) next.splice(at + by, 0, one);
  return next;
}

function TotalRounding(props: {
  readonly value: Draft['definition']['rounding'];
  readonly onChange: (value: Draft['definition']['rounding']) => void;
}) {
  const { t } = useTranslation();
  const { site } = useSession();
  const { value, onChange } = props;
  return (
    <section className="panel panel-pad stack" aria-labelledby="tf-total">
      <h2 id="tf-total">{t('tariffForm.totalRounding')}</h2>
      <div className="tf-grid">
        <ChoiceField
          path="rounding.mode"
          label={t('tariffForm.roundingMode')}
          hint={t('tariffForm.totalRoundingHint')}
          value={value?.mode ?? 'none'}
          onChange={(mode) =>
            onChange(mode === 'none' ? undefined : { stage: 'total', quantum: '0.1', ...value, mode })
          }
          options={[
            { value: 'none' as const, label: t('tariffForm.noRounding') },
            ...ROUNDING_MODES.map((mode) => ({ value: mode, label: t(`evidence.roundingMode.${mode}`) })),
          ]}
        />
        {value !== undefined && (
          <TextField
            path="rounding.quantum"
            label={t('tariffForm.quantum')}
            hint={t('tariffForm.quantumHint')}
            decimal
            unit={site.currency}
            value={value.quantum}
            onChange={(quantum) => onChange({ ...value, quantum })}
          />
        )}
      </div>
    </section>
  );
}

const FAULTS_SHOWN = 12;

/** All that is still wrong, each with its place; a click leads there. */
function CheckList(props: {
  readonly faults: readonly Fault[];
  readonly components: readonly TariffComponent[];
}) {
  const { t } = useTranslation();
  const { faults, components } = props;
  const show = (path: string) => {
    const parts = path.split('.');
    for (let n = parts.length; n > 0; n--) {
      const key = parts.slice(0, n).join('.');
      const place =
        document.querySelector<HTMLElement>(`[data-path="${CSS.escape(key)}"] :is(input, [role=combobox])`) ??
        document.querySelector<HTMLElement>(`[data-faults="${CSS.escape(key)}"]`) ??
        (n === 2 ? document.querySelector<HTMLElement>(`[data-component="${parts[1]}"]`) : null);
      if (place === null) continue;
      place.scrollIntoView({ block: 'center' });
      place.focus({ preventScroll: true });
      return;
    }
  };
  return (
    <section className="panel panel-pad stack" aria-labelledby="tf-check">
      <h2 id="tf-check">{t('tariffForm.check')}</h2>
      {faults.length === 0 ? (
        <p className="tf-good">✓ {t('tariffForm.noFaults')}</p>
      ) : (
        <ul className="faults">
          {faults.slice(0, FAULTS_SHOWN).map(({ path, message }) => {
            const key = path.map(String).join('.');
            const component = path[0] === 'components' ? components[Number(path[1])] : undefined;
            return (
              <li key={`${key} ${message}`}>
                <button type="button" className="link" onClick={() => show(key)}>
                  {component === undefined ? t('tariffForm.basics') : component.code}
                </button>{' '}
                {describeFault(message, t)}
              </li>
            );
          })}
          {faults.length > FAULTS_SHOWN && (
            <li>{t('tariffForm.moreFaults', { count: faults.length - FAULTS_SHOWN })}</li>
          )}
        </ul>
      )}
    </section>
  );
}
