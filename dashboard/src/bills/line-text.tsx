import { useTranslation } from 'react-i18next';
import type { FeeLine } from '../api.ts';
import { useTariffNames } from '../fee-lines/names.ts';
import { Time } from '../ui/time.tsx';
import { useQuantity } from './bill-names.tsx';

/** `Electricity · Energy · Peak 12.188 kWh · 2026-10-18`; of a stay at a gate the minute at which it ended. */
export function LineText({ line }: { readonly line: FeeLine }) {
  const { t } = useTranslation();
  const names = useTariffNames();
  const quantity = useQuantity();
  return (
    <>
      {t(`commodity.${line.commodity}`)} · {names.component(line.component)} · {names.band(line.band)}
      <span className="muted num">
        {' '}
        {quantity(line.quantity, line.unit, line.currency)} ·{' '}
        <Time at={line.passedAt ?? line.serviceFrom} style={line.passedAt === null ? 'day' : 'minute'} />
      </span>
    </>
  );
}
