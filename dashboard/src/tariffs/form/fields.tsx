import { Input, Select } from 'antd';
import { type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { TariffName } from '../../../../domain/tariffs/definition.ts';
import { useFault } from './fault-context.tsx';

interface FieldProps {
  /** Where it is in the definition: what is wrong there is said here. */
  readonly path: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly wide?: boolean;
}

/** A label, its control, what it means, and what is wrong with it. */
function Field(
  props: FieldProps & {
    readonly children: (
      id: string,
      about: { readonly 'aria-invalid': boolean; readonly 'aria-describedby': string },
    ) => ReactNode;
  },
) {
  const { path, label, hint, wide = false, children } = props;
  const id = useId();
  const fault = useFault(path);
  return (
    <div className={wide ? 'tf-field tf-wide' : 'tf-field'} data-path={path}>
      <label htmlFor={id}>{label}</label>
      {children(id, { 'aria-invalid': fault !== undefined, 'aria-describedby': `${id}-about` })}
      <span id={`${id}-about`}>
        {fault !== undefined && <span className="field-fault">{fault}</span>}
        {fault === undefined && hint !== undefined && <span className="tf-hint">{hint}</span>}
      </span>
    </div>
  );
}

export function TextField(
  props: FieldProps & {
    readonly value: string;
    readonly onChange: (value: string) => void;
    readonly unit?: ReactNode;
    readonly decimal?: boolean;
    readonly disabled?: boolean;
    readonly type?: 'date';
    readonly maxLength?: number;
  },
) {
  const { value, onChange, unit, decimal = false, disabled = false, type, maxLength = 100, ...field } = props;
  return (
    <Field {...field}>
      {(id, about) => (
        <Input
          id={id}
          value={value}
          disabled={disabled}
          maxLength={maxLength}
          status={about['aria-invalid'] ? 'error' : ''}
          suffix={unit}
          {...(type === undefined ? {} : { type })}
          {...(decimal ? { inputMode: 'decimal' as const } : {})}
          onChange={({ target }) => onChange(decimal ? target.value.replaceAll(/[,\s]/g, '') : target.value)}
          {...about}
        />
      )}
    </Field>
  );
}

/** A whole number; what is no number is kept as NaN, which no check accepts. */
export function NumberField(
  props: FieldProps & {
    readonly value: number;
    readonly onChange: (value: number) => void;
    readonly unit?: ReactNode;
  },
) {
  const { value, onChange, ...field } = props;
  return (
    <TextField
      {...field}
      decimal
      maxLength={6}
      value={Number.isNaN(value) ? '' : String(value)}
      onChange={(text) => onChange(/^\d+$/.test(text) ? Number(text) : Number.NaN)}
    />
  );
}

export function ChoiceField<T extends string | number>(
  props: FieldProps & {
    readonly value: T;
    readonly onChange: (value: T) => void;
    readonly options: readonly { readonly value: T; readonly label: string }[];
    readonly disabled?: boolean;
  },
) {
  const { value, onChange, options, disabled = false, ...field } = props;
  return (
    <Field {...field}>
      {(id, about) => (
        <Select<T>
          id={id}
          value={value}
          disabled={disabled}
          status={about['aria-invalid'] ? 'error' : ''}
          onChange={onChange}
          options={[...options]}
        />
      )}
    </Field>
  );
}

/** Components that come before this one, of which it takes its part. */
export function ComponentsField(
  props: FieldProps & {
    readonly value: readonly string[];
    readonly onChange: (value: string[]) => void;
    readonly options: readonly { readonly value: string; readonly label: string }[];
  },
) {
  const { value, onChange, options, ...field } = props;
  return (
    <Field {...field}>
      {(id, about) => (
        <Select<string[]>
          id={id}
          mode="multiple"
          value={[...value]}
          status={about['aria-invalid'] ? 'error' : ''}
          onChange={onChange}
          options={[...options]}
        />
      )}
    </Field>
  );
}

/** The name in both languages; with neither there is none, and the code is shown. */
export function NameFields<T extends { readonly name?: TariffName | undefined }>(props: {
  readonly path: string;
  readonly of: T;
  readonly onChange: (named: T) => void;
}) {
  const { t } = useTranslation();
  const { path, of, onChange } = props;
  const put = (change: Partial<TariffName>) => {
    const { name, ...rest } = of;
    const next = { zh: '', en: '', ...name, ...change };
    onChange((next.zh === '' && next.en === '' ? rest : { ...rest, name: next }) as T);
  };
  return (
    <>
      <TextField
        path={`${path}.name.zh`}
        label={t('tariffForm.nameZh')}
        value={of.name?.zh ?? ''}
        onChange={(zh) => put({ zh })}
      />
      <TextField
        path={`${path}.name.en`}
        label={t('tariffForm.nameEn')}
        value={of.name?.en ?? ''}
        onChange={(en) => put({ en })}
      />
    </>
  );
}
