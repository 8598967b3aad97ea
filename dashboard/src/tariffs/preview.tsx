import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DISPLAY_UNIT } from '../../../domain/commodities.ts';
import { api, type Tariff } from '../api.ts';
import { toBaseUnits } from '../decimal.ts';
import { useTariffNames } from '../fee-lines/names.ts';
import { formatMoney, formatPrice, formatQuantity } from '../format.ts';
import { useSession } from '../session.tsx';
import { describeError } from '../ui/states.tsx';

type Version = Tariff['versions'][number];
const TOTAL = '';

/** Rates typed usage with the code that charges; nothing is stored. */
export function Preview({ tariff, version }: { readonly tariff: Tariff; readonly version: Version }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const names = useTariffNames();
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const banded = version.definition.components.find((component) => component.price.kind === 'time_of_use');
  const fields = banded?.price.kind === 'time_of_use' ? banded.price.bands.map((band) => band.code) : [TOTAL];
  const quantities = fields.map((field) => toBaseUnits(typed[field] ?? '') ?? (typed[field] ? null : '0'));
  const valid =
    quantities.every((quantity) => quantity !== null) && quantities.some((quantity) => quantity !== '0');
  const rate = useMutation({
    mutationFn: () =>
      api.preview({
        site: site.id,
        tariff: { code: tariff.code, version: version.version },
        usage:
          banded === undefined
            ? { kind: 'total', quantity: quantities[0] ?? '0' }
            : {
                kind: 'bands',
                quantities: Object.fromEntries(fields.map((field, i) => [field, quantities[i] ?? '0'])),
              },
      }),
  });
  return (
    <details className="preview">
      <summary>{t('tariff.preview')}</summary>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (valid) rate.mutate();
        }}
      >
        <span className="muted">{t('tariff.previewHint')}</span>
        <div className="row">
          {fields.map((field) => {
            const label = `${field === TOTAL ? '' : `${names.band(field)} `}${t('tariff.quantity', { unit: DISPLAY_UNIT[tariff.commodity] })}`;
            return (
              <Input
                key={field}
                className="filter"
                inputMode="decimal"
                aria-label={label}
                placeholder={label}
                status={typed[field] && toBaseUnits(typed[field]) === null ? 'error' : ''}
                value={typed[field] ?? ''}
                onChange={(event) => setTyped({ ...typed, [field]: event.target.value })}
              />
            );
          })}
          <Button htmlType="submit" disabled={!valid} loading={rate.isPending}>
            {t('tariff.calculate')}
          </Button>
        </div>
        {rate.error !== null && <Alert type="error" showIcon title={describeError(rate.error, t)} />}
        {rate.data !== undefined && (
          <table className="values" aria-live="polite">
            <tbody>
              {rate.data.lines.map((line) => (
                <tr key={`${line.component} ${line.band}`}>
                  <th scope="row">
                    {names.component(line.component)} · {names.band(line.band)}
                  </th>
                  <td className="right num">{formatQuantity(line.quantity, tariff.commodity)}</td>
                  <td className="right num">
                    {formatPrice(line.unitPrice, site.currency, tariff.commodity)}
                  </td>
                  <td className="right num">{formatMoney(line.amount, rate.data.currency)}</td>
                </tr>
              ))}
              <tr>
                <th scope="row">
                  <strong>{t('tariff.total')}</strong>
                </th>
                <td />
                <td />
                <td className="right num">
                  <strong>{formatMoney(rate.data.amount, rate.data.currency)}</strong>
                </td>
              </tr>
            </tbody>
          </table>
        )}
      </form>
    </details>
  );
}
