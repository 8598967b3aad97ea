import { Input } from 'antd';
import { useState } from 'react';
import { minorDigits } from '../../../domain/money.ts';

/** Minor units → `100.00`; what is no number stays as it is. */
export function toMajor(minor: string, digits: number): string {
  if (!/^\d+$/.test(minor) || digits === 0) return minor;
  const text = minor.padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** `100` or `100.5` → minor units; what is no amount of the currency stays as it is, and is refused as such. */
export function toMinor(major: string, digits: number): string {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(major.replaceAll(/[,\s]/g, ''));
  const fraction = match?.[2] ?? '';
  if (!match || fraction.length > digits) return major;
  return `${match[1]}${fraction.padEnd(digits, '0')}`.replace(/^0+(?=\d)/, '');
}

/** An amount in the currency, kept in its minor units as text. */
export function MoneyInput(props: {
  readonly id: string;
  readonly value: string;
  readonly currency: string;
  readonly disabled?: boolean;
  readonly invalid?: boolean;
  readonly describedBy?: string;
  readonly onChange: (minor: string) => void;
}) {
  const { id, value, currency, disabled = false, invalid = false, describedBy, onChange } = props;
  const digits = minorDigits(currency);
  const [typed, setTyped] = useState(() => toMajor(value, digits));
  // What is typed stays as it is typed, unless the value was changed elsewhere.
  const shown = toMinor(typed, digits) === value ? typed : toMajor(value, digits);
  return (
    <Input
      id={id}
      className="short-input"
      inputMode="decimal"
      prefix={currency}
      disabled={disabled}
      status={invalid ? 'error' : ''}
      aria-invalid={invalid}
      aria-describedby={describedBy}
      maxLength={20}
      value={shown}
      onChange={(event) => {
        setTyped(event.target.value);
        onChange(toMinor(event.target.value, digits));
      }}
    />
  );
}
