import type { TariffComponent, TariffDefinition } from '../tariffs/definition.ts';
import type { Cadence } from './rated-line.ts';

/**
 * When a component is charged: with usage, by day on prepaid leases, or by the month run of every lease. A percentage
 * is charged with what it is of, by month when only some of that is.
 */
export function cadenceOf({ price }: TariffComponent, definition: TariffDefinition): Cadence {
  switch (price.kind) {
    case 'flat':
    case 'tiered':
    case 'time_of_use':
    case 'per_event':
      return 'usage';
    case 'fixed':
      return price.per === 'day' ? 'usage' : 'month';
    case 'demand':
    case 'minimum':
    case 'discount':
    case 'share':
      return 'month';
    case 'percentage':
      return price.of
        .map((code) => definition.components.find((component) => component.code === code))
        .every((component) => component && cadenceOf(component, definition) === 'usage')
        ? 'usage'
        : 'month';
  }
}
