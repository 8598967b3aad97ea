import DeleteOutlined from '@ant-design/icons/es/icons/DeleteOutlined';
import { Button, Checkbox, Input, Select } from 'antd';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { SiteSettings } from '../../../contracts/settings.ts';
import { useSession } from '../session.tsx';
import { DateList } from '../ui/date-list.tsx';
import { describeFault, type Fault, faultAt } from '../ui/faults.ts';
import { MoneyInput } from '../ui/money-input.tsx';
import type { Field } from './fields.ts';

interface ControlProps {
  readonly field: Field;
  readonly value: unknown;
  readonly faults: readonly Fault[];
  readonly disabled: boolean;
  readonly onChange: (value: unknown) => void;
}

/** A setting with its name, its control, what it means, and what is wrong with it. */
export function SettingRow(props: ControlProps) {
  const { t, i18n } = useTranslation();
  const { field, faults } = props;
  const id = useId();
  const words = (part: string) => t(`settings.field.${field.words}.${part}` as 'settings.title');
  const fault = faultAt(faults, field.path.join('.'));
  const example = `settings.field.${field.words}.example`;
  const isGroup = ['weekdays', 'dates', 'dunning'].includes(field.control.kind);
  return (
    <div className="setting" data-setting={field.path.join('.')}>
      {isGroup ? (
        <span className="setting-name" id={`${id}-name`}>
          {words('label')}
        </span>
      ) : (
        <label className="setting-name" htmlFor={id}>
          {words('label')}
        </label>
      )}
      <div className="setting-control">
        <Control {...props} id={id} name={words('label')} fault={fault} />
        <span id={`${id}-fault`} className="field-fault" aria-live="polite">
          {fault && describeFault(fault.message, t)}
        </span>
      </div>
      <p className="setting-hint" id={`${id}-hint`}>
        {words('hint')}
        {i18n.exists(example) && <span className="setting-example">{t(example as 'settings.title')}</span>}
      </p>
    </div>
  );
}

function Control(
  props: ControlProps & { readonly id: string; readonly name: string; readonly fault: Fault | undefined },
) {
  const { t } = useTranslation();
  const { site } = useSession();
  const { field, value, disabled, onChange, id, name, fault, faults } = props;
  const invalid = fault !== undefined;
  const about = { 'aria-invalid': invalid, 'aria-describedby': `${id}-fault ${id}-hint` };
  const status = invalid ? 'error' : '';
  switch (field.control.kind) {
    case 'whole':
      return (
        <Input
          id={id}
          className="short-input"
          inputMode="numeric"
          disabled={disabled}
          status={status}
          suffix={t(`settings.unit.${field.control.unit}`)}
          maxLength={6}
          value={typeof value === 'number' ? String(value) : String(value ?? '')}
          // What is no number is kept as text, so that the schema says so.
          onChange={({ target }) =>
            onChange(/^\d+$/.test(target.value.trim()) ? Number(target.value) : target.value)
          }
          {...about}
        />
      );
    case 'percent':
      return (
        <Input
          id={id}
          className="short-input"
          inputMode="decimal"
          disabled={disabled}
          status={status}
          suffix="%"
          maxLength={10}
          value={String(value ?? '')}
          onChange={({ target }) => onChange(target.value.trim())}
          {...about}
        />
      );
    case 'money':
      return (
        <MoneyInput
          id={id}
          value={String(value ?? '')}
          currency={site.currency}
          disabled={disabled}
          invalid={invalid}
          describedBy={about['aria-describedby']}
          onChange={onChange}
        />
      );
    case 'switch':
      return (
        <Checkbox
          id={id}
          checked={value === true}
          disabled={disabled}
          onChange={({ target }) => onChange(target.checked)}
          aria-describedby={`${id}-hint`}
        >
          {t(value === true ? 'settings.on' : 'settings.off')}
        </Checkbox>
      );
    case 'text':
      return (
        <Input
          id={id}
          className="short-input"
          disabled={disabled}
          status={status}
          maxLength={20}
          value={String(value ?? '')}
          onChange={({ target }) => onChange(target.value)}
          {...about}
        />
      );
    case 'clock':
      return (
        <Input
          id={id}
          className="short-input"
          placeholder="09:00"
          maxLength={5}
          disabled={disabled}
          status={status}
          value={String(value ?? '')}
          onChange={({ target }) => onChange(target.value)}
          {...about}
        />
      );
    case 'weekdays':
      return (
        <Checkbox.Group
          aria-labelledby={`${id}-name`}
          disabled={disabled}
          value={value as number[]}
          onChange={(days) => onChange([...days].map(Number).sort())}
          options={WEEKDAYS.map((day) => ({ value: day, label: t(`weekday.d${day}`) }))}
        />
      );
    case 'dates':
      return <DateList label={name} dates={value as string[]} disabled={disabled} onChange={onChange} />;
    case 'dunning':
      return (
        <DunningSteps
          steps={value as SiteSettings['dunning']}
          faults={faults}
          disabled={disabled}
          onChange={onChange}
        />
      );
  }
}

const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const;
const STEPS = ['remind', 'warn', 'final'] as const;
const STEPS_MAX = 10;

function DunningSteps(props: {
  readonly steps: SiteSettings['dunning'];
  readonly faults: readonly Fault[];
  readonly disabled: boolean;
  readonly onChange: (steps: SiteSettings['dunning']) => void;
}) {
  const { t } = useTranslation();
  const { steps, faults, disabled, onChange } = props;
  const put = (at: number, change: Partial<SiteSettings['dunning'][number]>) =>
    onChange(steps.map((step, i) => (i === at ? { ...step, ...change } : step)));
  return (
    <div className="stack stack-tight">
      {steps.length === 0 && <span className="muted">{t('settings.dunningNone')}</span>}
      {steps.map((step, i) => {
        const fault = faultAt(faults, `dunning.${i}.afterDays`);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place in the list
          <div key={i} className="row" data-setting={`dunning.${i}`}>
            <Input
              className="tiny-input"
              inputMode="numeric"
              aria-label={t('settings.dunningDays', { n: i + 1 })}
              prefix={t('settings.dunningAfter')}
              suffix={t('settings.unit.days')}
              disabled={disabled}
              status={fault ? 'error' : ''}
              maxLength={4}
              value={String(step.afterDays)}
              onChange={({ target }) =>
                put(i, {
                  afterDays: (/^\d+$/.test(target.value) ? Number(target.value) : target.value) as number,
                })
              }
            />
            <Select
              className="tiny-input"
              aria-label={t('settings.dunningStep', { n: i + 1 })}
              disabled={disabled}
              value={step.step}
              onChange={(chosen) => put(i, { step: chosen })}
              options={STEPS.map((value) => ({ value, label: t(`settings.dunning.${value}`) }))}
            />
            {!disabled && (
              <Button
                icon={<DeleteOutlined />}
                aria-label={t('settings.dunningRemove', { n: i + 1 })}
                onClick={() => onChange(steps.filter((_, n) => n !== i))}
              />
            )}
            {fault && <span className="field-fault">{describeFault(fault.message, t)}</span>}
          </div>
        );
      })}
      {!disabled && steps.length < STEPS_MAX && (
        <div>
          <Button
            onClick={() =>
              onChange([...steps, { afterDays: (Number(steps.at(-1)?.afterDays) || 0) + 7, step: 'warn' }])
            }
          >
            {t('settings.dunningAdd')}
          </Button>
        </div>
      )}
    </div>
  );
}
