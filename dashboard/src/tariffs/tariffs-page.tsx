import { useQuery } from '@tanstack/react-query';
import { Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DISPLAY_UNIT } from '../../../domain/commodities.ts';
import { api, serverNow, type Tariff } from '../api.ts';
import { useTariffNames } from '../fee-lines/names.ts';
import { formatPrice, formatTime } from '../format.ts';
import { languageOf } from '../i18n.ts';
import { useSession } from '../session.tsx';
import { EmptyState, ErrorState, Loading } from '../ui/states.tsx';
import { BandStrip } from './band-strip.tsx';
import { currentVersion } from './current-version.ts';
import { Preview } from './preview.tsx';

type Version = Tariff['versions'][number];
type Component = Version['definition']['components'][number];

export function TariffsPage() {
  const { t } = useTranslation();
  const { site } = useSession();
  const tariffs = useQuery({
    queryKey: ['tariffs', site.id],
    queryFn: ({ signal }) => api.tariffs(site.id, signal),
  });
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('tariff.title')}</h1>
      </div>
      {tariffs.data === undefined ? (
        tariffs.error ? (
          <ErrorState error={tariffs.error} retry={() => void tariffs.refetch()} />
        ) : (
          <Loading page />
        )
      ) : tariffs.data.items.length === 0 ? (
        <EmptyState title={t('tariff.empty')} hint={t('tariff.emptyHint')} />
      ) : (
        <div className="tariff-grid">
          {tariffs.data.items.map((tariff) => (
            <TariffCard key={tariff.id} tariff={tariff} />
          ))}
        </div>
      )}
    </div>
  );
}

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
    <section className="panel panel-pad stack" aria-label={tariff.name}>
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
      </div>
      {version.definition.components.map((component) => (
        <ComponentPrices key={component.code} component={component} tariff={tariff} />
      ))}
      <Preview key={version.version} tariff={tariff} version={version} />
    </section>
  );
}

function ComponentPrices({ component, tariff }: { readonly component: Component; readonly tariff: Tariff }) {
  const { t, i18n } = useTranslation();
  const { site } = useSession();
  const names = useTariffNames();
  const language = languageOf(i18n.language) === 'en' ? 'en' : 'zh';
  const { price } = component;
  const rows =
    price.kind === 'flat'
      ? [{ code: 'all', name: t('tariff.flat'), unitPrice: price.unitPrice }]
      : price.kind === 'time_of_use'
        ? price.bands.map((band) => ({
            code: band.code,
            name: band.name?.[language] ?? names.band(band.code),
            unitPrice: band.unitPrice ?? '',
          }))
        : [];
  return (
    <div>
      <h3>{component.name?.[language] ?? names.component(component.code)}</h3>
      <table className="values">
        <tbody>
          {rows.map((row) => (
            <tr key={row.code}>
              <th scope="row">{row.name}</th>
              <td className="right num">{formatPrice(row.unitPrice, site.currency, tariff.commodity)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {price.kind === 'time_of_use' && <BandStrip price={price} unit={DISPLAY_UNIT[tariff.commodity]} />}
    </div>
  );
}
