import ArrowDownOutlined from '@ant-design/icons/es/icons/ArrowDownOutlined';
import ArrowUpOutlined from '@ant-design/icons/es/icons/ArrowUpOutlined';
import DeleteOutlined from '@ant-design/icons/es/icons/DeleteOutlined';
import { Button, Popconfirm } from 'antd';
import { useTranslation } from 'react-i18next';
import { type Commodity, DISPLAY_UNIT } from '../../../../domain/commodities.ts';
import { ROUNDING_MODES } from '../../../../domain/money.ts';
import { kindsOf } from '../../../../domain/tariffs/check.ts';
import {
  DERIVED_KINDS,
  MEASURED_KINDS,
  type PriceKind,
  ROUNDING_DEFAULT,
  ROUNDING_STAGES,
  type Rounding,
  type TariffComponent,
} from '../../../../domain/tariffs/definition.ts';
import { useSession } from '../../session.tsx';
import { useNameOf } from '../names.ts';
import { FaultsOf } from './fault-context.tsx';
import { ChoiceField, NameFields, TextField } from './fields.tsx';
import { newPrice } from './new-parts.ts';
import { PriceEditor } from './price-editor.tsx';

/** One component of the tariff: its name, how it is priced, and how it is rounded. */
export function ComponentCard(props: {
  readonly at: number;
  readonly count: number;
  readonly component: TariffComponent;
  readonly before: readonly TariffComponent[];
  readonly commodity: Commodity;
  readonly onChange: (component: TariffComponent) => void;
  readonly onRename: (code: string) => void;
  readonly onMove: (by: -1 | 1) => void;
  readonly onRemove: () => void;
}) {
  const { t } = useTranslation();
  const { site } = useSession();
  const nameOf = useNameOf();
  const { at, count, component, before, commodity, onChange, onRename, onMove, onRemove } = props;
  const { price } = component;
  const path = `components.${at}`;
  const title = nameOf.component(component);
  const kinds = kindsOf(commodity);
  // A kind that the commodity cannot have is still shown where an import brought it; the check says so.
  const offered = kinds.includes(price.kind) ? kinds : [price.kind, ...kinds];
  const setKind = (kind: PriceKind) => {
    const { lossFactor, ...rest } = component;
    const keeps = (MEASURED_KINDS as readonly PriceKind[]).includes(kind) && lossFactor !== undefined;
    const next = newPrice(
      kind,
      before.map(({ code }) => code),
    );
    onChange({ ...rest, price: next, ...(keeps ? { lossFactor } : {}) });
  };
  return (
    <section className="panel panel-pad stack" aria-label={title} data-component={at}>
      <div className="row tf-head">
        <h2>
          <span className="muted num">{at + 1}</span> {title}
        </h2>
        <span className="tag">{t(`tariffKind.${price.kind}`)}</span>
        <span className="row tf-tools">
          <Button
            icon={<ArrowUpOutlined />}
            aria-label={t('tariffForm.moveUp', { name: title })}
            disabled={at === 0}
            onClick={() => onMove(-1)}
          />
          <Button
            icon={<ArrowDownOutlined />}
            aria-label={t('tariffForm.moveDown', { name: title })}
            disabled={at === count - 1}
            onClick={() => onMove(1)}
          />
          <Popconfirm
            title={t('tariffForm.removeConfirm', { name: title })}
            okText={t('common.confirm')}
            cancelText={t('common.cancel')}
            onConfirm={onRemove}
          >
            <Button
              icon={<DeleteOutlined />}
              disabled={count === 1}
              aria-label={t('tariffForm.removeComponent', { name: title })}
            />
          </Popconfirm>
        </span>
      </div>
      <div className="tf-grid">
        <ChoiceField
          path={`${path}.price.kind`}
          label={t('tariffForm.kind')}
          hint={t(`tariffKindHint.${price.kind}`)}
          wide
          value={price.kind}
          onChange={setKind}
          options={offered.map((kind) => ({ value: kind, label: t(`tariffKind.${kind}`) }))}
        />
        <TextField
          path={`${path}.code`}
          label={t('tariffForm.componentCode')}
          hint={t('tariffForm.componentCodeHint')}
          maxLength={32}
          value={component.code}
          onChange={onRename}
        />
        <NameFields path={path} of={component} onChange={onChange} />
      </div>
      <PriceEditor
        path={`${path}.price`}
        price={price}
        unit={DISPLAY_UNIT[commodity]}
        currency={site.currency}
        before={before.map((one) => ({ value: one.code, label: nameOf.component(one) }))}
        onChange={(changed) => onChange({ ...component, price: changed })}
      />
      <FaultsOf path={path} below={['price.of.']} />
      <details
        className="preview"
        open={component.rounding !== undefined || component.lossFactor !== undefined}
      >
        <summary>{t('tariffForm.more')}</summary>
        <div className="tf-grid">
          {(MEASURED_KINDS as readonly PriceKind[]).includes(price.kind) && (
            <TextField
              path={`${path}.lossFactor`}
              label={t('tariffForm.lossFactor')}
              hint={t('tariffForm.lossFactorHint')}
              decimal
              value={component.lossFactor ?? ''}
              onChange={(text) => {
                const { lossFactor: _before, ...rest } = component;
                onChange(text === '' ? rest : { ...rest, lossFactor: text });
              }}
            />
          )}
          <RoundingFields
            path={`${path}.rounding`}
            kind={price.kind}
            rounding={component.rounding}
            onChange={(rounding) => onChange({ ...component, rounding })}
          />
        </div>
      </details>
    </section>
  );
}

function RoundingFields(props: {
  readonly path: string;
  readonly kind: PriceKind;
  readonly rounding: Rounding | undefined;
  readonly onChange: (rounding: Rounding) => void;
}) {
  const { t } = useTranslation();
  const { site } = useSession();
  const { path, kind, rounding, onChange } = props;
  const value: Rounding = rounding ?? {
    ...ROUNDING_DEFAULT,
    ...(kind === 'percentage' ? { stage: 'tax' as const } : {}),
  };
  const isDerived = (DERIVED_KINDS as readonly PriceKind[]).includes(kind);
  const stages = ROUNDING_STAGES.filter(
    (stage) => (stage !== 'tax' || kind === 'percentage') && (stage !== 'band' || !isDerived),
  );
  return (
    <>
      <ChoiceField
        path={`${path}.stage`}
        label={t('tariffForm.roundingStage')}
        hint={t(`tariffForm.stageHint.${value.stage}`)}
        value={value.stage}
        onChange={(stage) => onChange({ ...value, stage })}
        options={stages.map((stage) => ({ value: stage, label: t(`tariffForm.stages.${stage}`) }))}
      />
      <ChoiceField
        path={`${path}.mode`}
        label={t('tariffForm.roundingMode')}
        value={value.mode}
        onChange={(mode) => onChange({ ...value, mode })}
        options={ROUNDING_MODES.map((mode) => ({ value: mode, label: t(`evidence.roundingMode.${mode}`) }))}
      />
      <TextField
        path={`${path}.quantum`}
        label={t('tariffForm.quantum')}
        hint={t('tariffForm.quantumHint')}
        decimal
        unit={site.currency}
        value={value.quantum ?? ''}
        onChange={(text) => {
          const { quantum: _before, ...rest } = value;
          onChange(text === '' ? rest : { ...rest, quantum: text });
        }}
      />
    </>
  );
}
