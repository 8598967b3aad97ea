import DeleteOutlined from '@ant-design/icons/es/icons/DeleteOutlined';
import { Button, Checkbox } from 'antd';
import { useTranslation } from 'react-i18next';
import {
  DEMAND_STEP_MINUTES_MIN,
  DEMAND_WINDOW_MINUTES,
  type DiscountPrice,
  type PerEventPrice,
  type Price,
} from '../../../../domain/tariffs/definition.ts';
import { FaultsOf } from './fault-context.tsx';
import { ChoiceField, ComponentsField, NameFields, NumberField, TextField } from './fields.tsx';
import { freeCode } from './new-parts.ts';
import { TiersEditor } from './tiers-editor.tsx';
import { TimeOfUseEditor } from './time-of-use-editor.tsx';

export interface PriceEditorProps<T extends Price = Price> {
  readonly path: string;
  readonly price: T;
  /** The unit of the commodity's usage, kWh or m³. */
  readonly unit: string;
  readonly currency: string;
  /** The components before this one. */
  readonly before: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (price: Price) => void;
}

/** The fields of a price, by its kind. */
export function PriceEditor(props: PriceEditorProps) {
  const { t } = useTranslation();
  const { path, price, unit, currency, before, onChange } = props;
  const unitPrice = (per: string, value: string) => (
    <TextField
      path={`${path}.unitPrice`}
      label={t('tariff.price')}
      decimal
      unit={`${currency}/${per}`}
      value={value}
      onChange={(changed) => onChange({ ...price, unitPrice: changed } as Price)}
    />
  );
  const prorated = (value: boolean) => (
    <Checkbox
      checked={value}
      onChange={({ target }) => onChange({ ...price, prorated: target.checked } as Price)}
    >
      {t('tariffForm.prorated')}
    </Checkbox>
  );
  const of = (value: readonly string[]) => (
    <ComponentsField
      path={`${path}.of`}
      label={t('tariffForm.of')}
      hint={t('tariffForm.ofHint')}
      wide
      value={value}
      options={before}
      onChange={(changed) => onChange({ ...price, of: changed } as Price)}
    />
  );
  switch (price.kind) {
    case 'flat':
    case 'share':
      return <div className="tf-grid">{unitPrice(unit, price.unitPrice)}</div>;
    case 'tiered':
      return (
        <TiersEditor
          path={path}
          value={price}
          unit={unit}
          currency={currency}
          onChange={(tiers) => onChange({ ...tiers, kind: 'tiered' })}
        />
      );
    case 'time_of_use':
      return (
        <TimeOfUseEditor path={path} price={price} unit={unit} currency={currency} onChange={onChange} />
      );
    case 'demand':
      return (
        <div className="tf-grid">
          {unitPrice(`kW·${t('tariffForm.per.month')}`, price.unitPrice)}
          <ChoiceField
            path={`${path}.windowMinutes`}
            label={t('tariffForm.window')}
            hint={t('tariffForm.windowHint')}
            value={price.windowMinutes}
            onChange={(windowMinutes) => onChange({ ...price, windowMinutes })}
            options={DEMAND_WINDOW_MINUTES.map((value) => ({
              value,
              label: t('tariffForm.minutes', { count: value }),
            }))}
          />
          <ChoiceField
            path={`${path}.stepMinutes`}
            label={t('tariffForm.step')}
            hint={t('tariffForm.stepHint')}
            value={price.stepMinutes}
            onChange={(stepMinutes) => onChange({ ...price, stepMinutes })}
            options={DEMAND_WINDOW_MINUTES.filter(
              (value) => value >= DEMAND_STEP_MINUTES_MIN && value <= price.windowMinutes,
            ).map((value) => ({ value, label: t('tariffForm.minutes', { count: value }) }))}
          />
          <TextField
            path={`${path}.floorKw`}
            label={t('tariffForm.floorKw')}
            hint={t('tariffForm.floorKwHint')}
            decimal
            unit="kW"
            value={price.floorKw ?? ''}
            onChange={(text) => {
              const { floorKw: _before, ...rest } = price;
              onChange(text === '' ? rest : { ...rest, floorKw: text });
            }}
          />
        </div>
      );
    case 'per_event':
      return <ClassesEditor path={path} price={price} currency={currency} onChange={onChange} />;
    case 'fixed':
      return (
        <div className="stack stack-tight">
          <div className="tf-grid">
            {unitPrice(
              `${price.by === 'm2' ? 'm²·' : ''}${t(`tariffForm.per.${price.per}`)}`,
              price.unitPrice,
            )}
            <ChoiceField
              path={`${path}.per`}
              label={t('tariffForm.perLabel')}
              value={price.per}
              onChange={(per) => onChange({ ...price, per })}
              options={(['day', 'month'] as const).map((value) => ({
                value,
                label: t(`tariffForm.perNames.${value}`),
              }))}
            />
            <ChoiceField
              path={`${path}.by`}
              label={t('tariffForm.by')}
              value={price.by}
              onChange={(by) => onChange({ ...price, by })}
              options={(['lease', 'm2'] as const).map((value) => ({
                value,
                label: t(`tariffForm.byNames.${value}`),
              }))}
            />
          </div>
          {price.per === 'month' && prorated(price.prorated)}
        </div>
      );
    case 'percentage':
      return (
        <div className="tf-grid">
          <TextField
            path={`${path}.percent`}
            label={t('tariffForm.percent')}
            decimal
            unit="%"
            value={price.percent}
            onChange={(percent) => onChange({ ...price, percent })}
          />
          {of(price.of)}
        </div>
      );
    case 'minimum':
      return (
        <div className="stack stack-tight">
          <div className="tf-grid">
            <TextField
              path={`${path}.amount`}
              label={t('tariffForm.minimum')}
              decimal
              unit={`${currency}/${t('tariffForm.per.month')}`}
              value={price.amount}
              onChange={(amount) => onChange({ ...price, amount })}
            />
            {of(price.of)}
          </div>
          {prorated(price.prorated)}
        </div>
      );
    case 'discount':
      return (
        <div className="stack stack-tight">
          <div className="tf-grid">{of(price.of)}</div>
          <StepsEditor path={path} price={price} unit={unit} onChange={onChange} />
        </div>
      );
  }
}

const STEPS_MAX = 20;
const CLASSES_MAX = 50;

function StepsEditor(props: {
  readonly path: string;
  readonly price: DiscountPrice;
  readonly unit: string;
  readonly onChange: (price: DiscountPrice) => void;
}) {
  const { t } = useTranslation();
  const { path, price, unit, onChange } = props;
  const put = (at: number, change: Partial<DiscountPrice['steps'][number]>) =>
    onChange({ ...price, steps: price.steps.map((step, i) => (i === at ? { ...step, ...change } : step)) });
  return (
    <>
      {price.steps.map((step, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place in the list
        <div key={i} className="tf-row">
          <TextField
            path={`${path}.steps.${i}.from`}
            label={t('tariffForm.stepFrom')}
            decimal
            unit={unit}
            value={step.from}
            onChange={(from) => put(i, { from })}
          />
          <TextField
            path={`${path}.steps.${i}.percent`}
            label={t('tariffForm.stepPercent')}
            decimal
            unit="%"
            value={step.percent}
            onChange={(percent) => put(i, { percent })}
          />
          <Button
            icon={<DeleteOutlined />}
            aria-label={t('tariffForm.removeStep', { n: i + 1 })}
            disabled={price.steps.length === 1}
            onClick={() => onChange({ ...price, steps: price.steps.filter((_, n) => n !== i) })}
          />
        </div>
      ))}
      <FaultsOf path={`${path}.steps`} />
      <div>
        <Button
          disabled={price.steps.length >= STEPS_MAX}
          onClick={() => onChange({ ...price, steps: [...price.steps, { from: '', percent: '' }] })}
        >
          {t('tariffForm.addStep')}
        </Button>
      </div>
    </>
  );
}

function ClassesEditor(props: {
  readonly path: string;
  readonly price: PerEventPrice;
  readonly currency: string;
  readonly onChange: (price: PerEventPrice) => void;
}) {
  const { t } = useTranslation();
  const { path, price, currency, onChange } = props;
  type Class = PerEventPrice['classes'][number];
  const put = (at: number, one: Class) =>
    onChange({ ...price, classes: price.classes.map((before, i) => (i === at ? one : before)) });
  const unit = `${currency}/${t('tariffForm.per.pass')}`;
  return (
    <div className="stack stack-tight">
      {price.classes.map((one, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: its code is what is being edited
        <div key={i} className="tf-row">
          <TextField
            path={`${path}.classes.${i}.code`}
            label={t('tariffForm.classCode')}
            maxLength={32}
            value={one.code}
            onChange={(code) => put(i, { ...one, code })}
          />
          <NameFields path={`${path}.classes.${i}`} of={one} onChange={(named) => put(i, named)} />
          <TextField
            path={`${path}.classes.${i}.unitPrice`}
            label={t('tariff.price')}
            decimal
            unit={unit}
            value={one.unitPrice}
            onChange={(unitPrice) => put(i, { ...one, unitPrice })}
          />
          <Button
            icon={<DeleteOutlined />}
            aria-label={t('tariffForm.removeClass', { name: one.code })}
            onClick={() => onChange({ ...price, classes: price.classes.filter((_, n) => n !== i) })}
          />
        </div>
      ))}
      <div>
        <Button
          disabled={price.classes.length >= CLASSES_MAX}
          onClick={() => {
            const code = freeCode(
              'class',
              price.classes.map((one) => one.code),
            );
            onChange({ ...price, classes: [...price.classes, { code, unitPrice: '' }] });
          }}
        >
          {t('tariffForm.addClass')}
        </Button>
      </div>
      <div className="tf-grid">
        <TextField
          path={`${path}.otherwise`}
          label={t('tariffForm.otherwise')}
          hint={t('tariffForm.otherwiseHint')}
          decimal
          unit={unit}
          value={price.otherwise}
          onChange={(otherwise) => onChange({ ...price, otherwise })}
        />
        <NumberField
          path={`${path}.freeMinutes`}
          label={t('tariffForm.freeMinutes')}
          hint={t('tariffForm.freeMinutesHint')}
          unit={t('tariffForm.minutesUnit')}
          value={price.freeMinutes}
          onChange={(freeMinutes) => onChange({ ...price, freeMinutes })}
        />
      </div>
    </div>
  );
}
