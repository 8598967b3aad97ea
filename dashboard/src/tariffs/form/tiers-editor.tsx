import DeleteOutlined from '@ant-design/icons/es/icons/DeleteOutlined';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { ACCUMULATIONS, TIER_MODES, TIER_SCALES, type Tiers } from '../../../../domain/tariffs/definition.ts';
import { FaultsOf } from './fault-context.tsx';
import { ChoiceField, TextField } from './fields.tsx';

const TIERS_MAX = 20;

/** Limits and prices, the last tier open. */
export function TiersEditor(props: {
  readonly path: string;
  readonly value: Tiers;
  readonly unit: string;
  readonly currency: string;
  readonly onChange: (value: Tiers) => void;
}) {
  const { t } = useTranslation();
  const { path, value, unit, currency, onChange } = props;
  const { tiers } = value;
  const put = (at: number, change: Partial<Tiers['tiers'][number]>) =>
    onChange({ ...value, tiers: tiers.map((tier, i) => (i === at ? { ...tier, ...change } : tier)) });
  return (
    <div className="stack stack-tight">
      <div className="tf-grid">
        <ChoiceField
          path={`${path}.mode`}
          label={t('tariffForm.tierMode')}
          hint={t(`tariffForm.tierModeHint.${value.mode}`)}
          value={value.mode}
          onChange={(mode) => onChange({ ...value, mode })}
          options={TIER_MODES.map((mode) => ({ value: mode, label: t(`tariffForm.tierModes.${mode}`) }))}
        />
        <ChoiceField
          path={`${path}.accumulation`}
          label={t('tariffForm.accumulation')}
          value={value.accumulation}
          onChange={(accumulation) => onChange({ ...value, accumulation })}
          options={ACCUMULATIONS.map((one) => ({ value: one, label: t(`tariffForm.accumulations.${one}`) }))}
        />
        <ChoiceField
          path={`${path}.scale`}
          label={t('tariffForm.tierScale')}
          hint={t(`tariffForm.tierScaleHint.${value.scale}`)}
          value={value.scale}
          onChange={(scale) => onChange({ ...value, scale })}
          options={TIER_SCALES.map((scale) => ({ value: scale, label: t(`tariffForm.tierScales.${scale}`) }))}
        />
      </div>
      {tiers.map((tier, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a tier is its place in the list
        <div key={i} className="tf-row">
          <span className="tf-row-name">{t('tariffForm.tier', { n: i + 1 })}</span>
          {tier.upTo === null ? (
            <div className="tf-field">
              <span>{t('tariffForm.upTo')}</span>
              <span className="tf-open">{t('tariffForm.open')}</span>
            </div>
          ) : (
            <TextField
              path={`${path}.tiers.${i}.upTo`}
              label={t('tariffForm.upTo')}
              decimal
              unit={unit}
              value={tier.upTo}
              onChange={(upTo) => put(i, { upTo })}
            />
          )}
          <TextField
            path={`${path}.tiers.${i}.unitPrice`}
            label={t('tariff.price')}
            decimal
            unit={`${currency}/${unit}`}
            value={tier.unitPrice}
            onChange={(unitPrice) => put(i, { unitPrice })}
          />
          <Button
            icon={<DeleteOutlined />}
            aria-label={t('tariffForm.removeTier', { n: i + 1 })}
            disabled={tiers.length === 1 || tier.upTo === null}
            onClick={() => onChange({ ...value, tiers: tiers.filter((_, n) => n !== i) })}
          />
        </div>
      ))}
      <FaultsOf path={`${path}.tiers`} />
      <div>
        <Button
          disabled={tiers.length >= TIERS_MAX}
          onClick={() =>
            onChange({
              ...value,
              tiers: [...tiers.slice(0, -1), { upTo: '', unitPrice: '' }, ...tiers.slice(-1)],
            })
          }
        >
          {t('tariffForm.addTier')}
        </Button>
      </div>
    </div>
  );
}
