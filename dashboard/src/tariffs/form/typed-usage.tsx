import { Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Commodity, DISPLAY_UNIT, METERED_COMMODITIES } from '../../../../domain/commodities.ts';
import type { Price, TariffDefinition } from '../../../../domain/tariffs/definition.ts';
import type { PreviewRequest } from '../../api/tariffs.ts';
import { toBaseUnits } from '../../decimal.ts';
import { useNameOf } from '../names.ts';
import { useReported } from './use-debounced.ts';

interface UsageField {
  readonly key: string;
  readonly label: string;
  readonly unit: string;
}

const DECIMAL = /^\d{1,12}(\.\d{1,12})?$/;
const COUNT = /^\d{1,5}$/;

/** Usage as one types it: in all or by band, and what the tariff's other prices ask for. */
export function TypedUsage(props: {
  readonly commodity: Commodity;
  readonly definition: TariffDefinition | null;
  readonly onChange: (asked: Pick<PreviewRequest, 'usage' | 'areaM2' | 'share' | 'passes'> | null) => void;
}) {
  const { t } = useTranslation();
  const nameOf = useNameOf();
  const { commodity, definition, onChange } = props;
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const prices: readonly Price[] = definition?.components.map(({ price }) => price) ?? [];
  const of = <K extends Price['kind']>(kind: K) =>
    prices.find((price): price is Extract<Price, { kind: K }> => price.kind === kind);
  const unit = DISPLAY_UNIT[commodity];
  const isMetered = (METERED_COMMODITIES as readonly Commodity[]).includes(commodity);
  const bands = of('time_of_use')?.bands;
  const perEvent = of('per_event');
  const quantityFields: readonly UsageField[] = !isMetered
    ? []
    : (bands?.map((band) => ({ key: `band ${band.code}`, label: nameOf.band(band), unit })) ?? [
        { key: 'total', label: t('tariffPreview.usage'), unit },
      ]);
  const passFields: readonly UsageField[] =
    perEvent?.classes.map((one) => ({
      key: `class ${one.code}`,
      label: nameOf.band(one),
      unit: t('tariffForm.per.pass'),
    })) ?? [];
  const needsArea = prices.some((price) => price.kind === 'fixed' && price.by === 'm2');
  const fields: readonly UsageField[] = [
    ...quantityFields,
    ...passFields,
    ...(of('demand') ? [{ key: 'peakKw', label: t('tariffPreview.peakKw'), unit: 'kW' }] : []),
    ...(needsArea ? [{ key: 'areaM2', label: t('tariffPreview.area'), unit: 'm²' }] : []),
    ...(of('share') ? [{ key: 'share', label: t('tariffPreview.share'), unit }] : []),
  ];
  const isValid = ({ key }: UsageField): boolean => {
    const text = typed[key] ?? '';
    if (text === '') return true;
    if (key.startsWith('class ')) return COUNT.test(text);
    return key === 'peakKw' || key === 'areaM2' ? DECIMAL.test(text) : toBaseUnits(text) !== null;
  };
  const base = (key: string): string => toBaseUnits(typed[key] ?? '') ?? '0';
  const given = (key: string) => (typed[key] ? { [key]: typed[key] } : {});
  const usage: PreviewRequest['usage'] =
    bands === undefined
      ? { kind: 'total', quantity: base('total'), ...given('peakKw') }
      : {
          kind: 'bands',
          quantities: Object.fromEntries(bands.map(({ code }) => [code, base(`band ${code}`)])),
          ...given('peakKw'),
        };
  const passes = perEvent?.classes.flatMap(({ code }) => {
    const count = Number(typed[`class ${code}`] ?? 0);
    return count > 0 ? [{ class: code, count }] : [];
  });
  const nothing = fields.length > 0 && fields.every(({ key }) => (typed[key] ?? '') === '');
  useReported(
    nothing || !fields.every(isValid)
      ? null
      : {
          usage,
          ...given('areaM2'),
          ...(typed['share'] ? { share: base('share') } : {}),
          ...(passes === undefined ? {} : { passes }),
        },
    onChange,
  );
  return (
    <div className="tf-grid">
      {fields.map((field) => (
        <Input
          key={field.key}
          inputMode="decimal"
          aria-label={`${field.label} (${field.unit})`}
          prefix={field.label}
          suffix={field.unit}
          maxLength={16}
          status={isValid(field) ? '' : 'error'}
          value={typed[field.key] ?? ''}
          onChange={({ target }) => setTyped({ ...typed, [field.key]: target.value })}
        />
      ))}
    </div>
  );
}
