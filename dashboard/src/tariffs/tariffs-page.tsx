import DownloadOutlined from '@ant-design/icons/es/icons/DownloadOutlined';
import PlusOutlined from '@ant-design/icons/es/icons/PlusOutlined';
import { useQuery } from '@tanstack/react-query';
import { Alert, Button, Segmented } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { type Commodity, METERED_COMMODITIES } from '../../../domain/commodities.ts';
import { tariffsApi } from '../api/tariffs.ts';
import { api, serverNow, type Tariff } from '../api.ts';
import { formatTime } from '../format.ts';
import { useMay, useSession } from '../session.tsx';
import { saveFile } from '../ui/save-file.ts';
import { EmptyState, ErrorState, Loading } from '../ui/states.tsx';
import { useAddress } from '../ui/use-address.ts';
import { tariffAt } from './chosen-leases.ts';
import { currentVersion } from './current-version.ts';
import { Preview } from './preview.tsx';
import { PriceView } from './price-view.tsx';
import './tariffs.css';

const AssignSheet = lazy(async () => ({ default: (await import('./assign-sheet.tsx')).AssignSheet }));
const CompareSheet = lazy(async () => ({ default: (await import('./compare-sheet.tsx')).CompareSheet }));
const StartSheet = lazy(async () => ({ default: (await import('./start-sheet.tsx')).StartSheet }));

export function TariffsPage() {
  const { t } = useTranslation();
  const { site } = useSession();
  const mayWrite = useMay('tariffs:write');
  const [get, put] = useAddress();
  const tariffs = useQuery({
    queryKey: ['tariffs', site.id],
    queryFn: ({ signal }) => api.tariffs(site.id, signal),
  });
  const find = (code: string | undefined) => tariffs.data?.items.find((one) => one.code === code);
  const made = find(get('made'));
  const assigning = find(get('assign'));
  const comparing = find(get('compare'));
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('tariff.title')}</h1>
        {mayWrite && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => put({ sheet: 'new' })}>
            {t('tariffList.new')}
          </Button>
        )}
      </div>
      {made !== undefined && (
        <Alert
          type="success"
          showIcon
          title={t('tariffList.made', { name: made.name })}
          closable={{ onClose: () => put({ made: undefined }) }}
        />
      )}
      {tariffs.data === undefined ? (
        tariffs.error ? (
          <ErrorState error={tariffs.error} retry={() => void tariffs.refetch()} />
        ) : (
          <Loading page />
        )
      ) : tariffs.data.items.length === 0 ? (
        <EmptyState title={t('tariff.empty')} hint={t('tariffList.emptyHint')} />
      ) : (
        <div className="tariff-grid">
          {tariffs.data.items.map((tariff) => (
            <TariffCard key={tariff.id} tariff={tariff} />
          ))}
        </div>
      )}
      <Suspense fallback={null}>
        {get('sheet') === 'new' && mayWrite && <StartSheet onClose={() => put({ sheet: undefined })} />}
        {assigning && <AssignSheet tariff={assigning} onClose={() => put({ assign: undefined })} />}
        {comparing && <CompareSheet tariff={comparing} onClose={() => put({ compare: undefined })} />}
      </Suspense>
    </div>
  );
}

type Version = Tariff['versions'][number];

function TariffCard({ tariff }: { readonly tariff: Tariff }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const now = serverNow();
  const current = currentVersion(tariff.versions, now);
  const [chosen, setChosen] = useState<number | null>(null);
  const version = tariff.versions.find((one) => one.version === chosen) ?? current ?? tariff.versions.at(-1);
  if (version === undefined) return null;
  const standing =
    version === current ? 'current' : Date.parse(version.effectiveFrom) > now ? 'future' : 'past';
  return (
    <section className="panel panel-pad stack" aria-label={`${tariff.name} ${tariff.code}`}>
      <div className="row">
        <h2>{tariff.name}</h2>
        <span className="mono muted">{tariff.code}</span>
        <span className="tag">{t(`commodity.${tariff.commodity}`)}</span>
      </div>
      {tariff.versions.length > 1 && (
        <Segmented
          aria-label={t('tariff.title')}
          value={version.version}
          onChange={setChosen}
          options={tariff.versions.map((one) => ({
            value: one.version,
            label: t('tariff.version', { version: one.version }),
          }))}
        />
      )}
      <div className="row">
        {tariff.versions.length === 1 && <span>{t('tariff.version', { version: version.version })}</span>}
        <span className="muted">
          {t('tariff.from', { time: formatTime(version.effectiveFrom, site.timeZone, 'minute') })}
        </span>
        <span className={standing === 'current' ? 'tag tag-good' : 'tag'}>{t(`tariff.${standing}`)}</span>
        <UsedBy tariff={tariff} />
      </div>
      {version.definition.components.map((component) => (
        <PriceView key={component.code} component={component} commodity={tariff.commodity} />
      ))}
      {version.definition.rounding !== undefined && (
        <p className="muted">
          {t('tariffList.totalRounding', {
            mode: t(`evidence.roundingMode.${version.definition.rounding.mode}`),
            quantum: version.definition.rounding.quantum,
          })}
        </p>
      )}
      <CardTools tariff={tariff} version={version} />
      {(METERED_COMMODITIES as readonly Commodity[]).includes(tariff.commodity) && (
        <Preview key={version.version} tariff={tariff} version={version} />
      )}
    </section>
  );
}

function CardTools({ tariff, version }: { readonly tariff: Tariff; readonly version: Version }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [, put] = useAddress();
  const mayWrite = useMay('tariffs:write');
  const mayAssign = useMay('leases:write');
  const { code } = tariff;
  return (
    <div className="row">
      {mayWrite && (
        <Button
          onClick={() =>
            navigate(`/tariffs/edit?tariff=${encodeURIComponent(code)}&version=${version.version}`)
          }
        >
          {t('tariffList.newVersion')}
        </Button>
      )}
      {mayAssign && <Button onClick={() => put({ assign: code })}>{t('tariffList.assign')}</Button>}
      {tariff.versions.length > 1 && (
        <Button onClick={() => put({ compare: code })}>{t('tariffList.compare')}</Button>
      )}
      <Button icon={<DownloadOutlined />} onClick={() => void download(tariff, version)}>
        {t('tariffList.export')}
      </Button>
    </div>
  );
}

async function download({ code, name, commodity }: Tariff, { version, definition }: Version): Promise<void> {
  const { fileOf } = await import('./form/draft.ts');
  const text = fileOf({ code, name, commodity, definition });
  saveFile(`${code}-v${version}.json`, new Blob([text], { type: 'application/json' }));
}

/** How many leases pay it now. */
function UsedBy({ tariff }: { readonly tariff: Tariff }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const leases = useQuery({
    queryKey: ['leases', site.id],
    queryFn: ({ signal }) => tariffsApi.leases(site.id, signal),
    enabled: useMay('leases:read'),
    staleTime: 60_000,
  });
  if (leases.data === undefined) return null;
  const now = serverNow();
  const count = leases.data.items.filter(
    (lease) => tariffAt(lease, tariff.commodity, now) === tariff.code,
  ).length;
  return (
    <span className="muted num">
      {count === 0 ? t('tariffList.usedByNone') : t('tariffList.usedBy', { count })}
    </span>
  );
}
