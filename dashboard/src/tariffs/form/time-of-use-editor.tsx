import DeleteOutlined from '@ant-design/icons/es/icons/DeleteOutlined';
import { Button, Checkbox } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Band, TimeOfUsePrice } from '../../../../domain/tariffs/definition.ts';
import { shadesOf } from '../band-shades.ts';
import { useNameOf } from '../names.ts';
import { CalendarEditor } from './calendar-editor.tsx';
import { renameBand } from './day-windows.ts';
import { FaultsOf } from './fault-context.tsx';
import { NameFields, TextField } from './fields.tsx';
import { freeCode, NEW_TIERS } from './new-parts.ts';
import { TiersEditor } from './tiers-editor.tsx';

const BANDS_MAX = 24;

/** The bands with their prices, and when each of them holds. */
export function TimeOfUseEditor(props: {
  readonly path: string;
  readonly price: TimeOfUsePrice;
  readonly unit: string;
  readonly currency: string;
  readonly onChange: (price: TimeOfUsePrice) => void;
}) {
  const { t } = useTranslation();
  const { band: nameOf } = useNameOf();
  const { path, price, unit, currency, onChange } = props;
  const { bands, calendar } = price;
  const shadeOf = shadesOf(bands);
  const put = (at: number, band: Band) =>
    onChange({ ...price, bands: bands.map((one, i) => (i === at ? band : one)) });
  const rename = (at: number, code: string) => {
    const before = bands[at];
    if (before === undefined) return;
    const isUnique = bands.filter((band) => band.code === before.code).length === 1;
    const schedules = Object.fromEntries(
      Object.entries(calendar.schedules).map(([name, windows]) => [
        name,
        isUnique ? renameBand(windows, before.code, code) : windows,
      ]),
    );
    onChange({
      ...price,
      bands: bands.map((band, i) => (i === at ? { ...band, code } : band)),
      calendar: { ...calendar, schedules },
    });
  };
  return (
    <div className="stack">
      <fieldset className="tf-box">
        <legend>{t('tariff.bands')}</legend>
        {bands.map((band, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: its code is what is being edited
          <div key={i} className="tf-band">
            <div className="tf-row">
              <span className="brush" style={shadeOf(band.code)}>
                {nameOf(band)}
              </span>
              <TextField
                path={`${path}.bands.${i}.code`}
                label={t('tariffForm.bandCode')}
                maxLength={32}
                value={band.code}
                onChange={(code) => rename(i, code)}
              />
              <NameFields path={`${path}.bands.${i}`} of={band} onChange={(named) => put(i, named)} />
              {band.tiered === undefined && (
                <TextField
                  path={`${path}.bands.${i}.unitPrice`}
                  label={t('tariff.price')}
                  decimal
                  unit={`${currency}/${unit}`}
                  value={band.unitPrice ?? ''}
                  onChange={(unitPrice) => put(i, { ...band, unitPrice })}
                />
              )}
              <Checkbox
                checked={band.tiered !== undefined}
                onChange={({ target }) => {
                  const { unitPrice: _price, tiered: _tiers, ...rest } = band;
                  put(i, target.checked ? { ...rest, tiered: NEW_TIERS } : { ...rest, unitPrice: '' });
                }}
              >
                {t('tariffForm.bandTiered')}
              </Checkbox>
              <Button
                icon={<DeleteOutlined />}
                aria-label={t('tariffForm.removeBand', { name: nameOf(band) })}
                disabled={bands.length === 1}
                onClick={() => onChange({ ...price, bands: bands.filter((_, n) => n !== i) })}
              />
            </div>
            <FaultsOf path={`${path}.bands.${i}`} />
            {band.tiered !== undefined && (
              <TiersEditor
                path={`${path}.bands.${i}.tiered`}
                value={band.tiered}
                unit={unit}
                currency={currency}
                onChange={(tiered) => put(i, { ...band, tiered })}
              />
            )}
          </div>
        ))}
        <div>
          <Button
            disabled={bands.length >= BANDS_MAX}
            onClick={() => {
              const codes = bands.map(({ code }) => code);
              const code = ['sharp', 'peak', 'flat', 'valley', 'deep'].find((one) => !codes.includes(one));
              onChange({
                ...price,
                bands: [...bands, { code: code ?? freeCode('band', codes), unitPrice: '' }],
              });
            }}
          >
            {t('tariffForm.addBand')}
          </Button>
        </div>
      </fieldset>
      <CalendarEditor
        path={`${path}.calendar`}
        calendar={calendar}
        bands={bands.map((band) => ({ code: band.code, name: nameOf(band) }))}
        shadeOf={shadeOf}
        onChange={(changed) => onChange({ ...price, calendar: changed })}
      />
    </div>
  );
}
