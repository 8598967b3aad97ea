import type { TariffComponent, TariffDefinition } from '../tariffs/definition.ts';
import { cadenceOf } from './cadence.ts';
import type { Cadence, RangeContext } from './rated-line.ts';

/** Which components' lines a range gives. */
export const cadenceAsked = ({ only, periodKind }: RangeContext): Cadence | undefined =>
  periodKind === 'day' ? 'usage' : only;

/** The components that are rated, in their order: those asked for, and those that they are taken of. */
export function ratedComponents(
  definition: TariffDefinition,
  context: RangeContext,
): readonly TariffComponent[] {
  const cadence = cadenceAsked(context);
  if (cadence === undefined) return definition.components;
  const needed = new Set<string>();
  for (const component of [...definition.components].reverse()) {
    if (cadenceOf(component, definition) !== cadence && !needed.has(component.code)) continue;
    needed.add(component.code);
    if ('of' in component.price) for (const code of component.price.of) needed.add(code);
  }
  return definition.components.filter(({ code }) => needed.has(code));
}

/** Month components of a lease whose usage was charged by day are taken of what those days came to. */
export const usageByDay = (definition: TariffDefinition, context: RangeContext): boolean =>
  cadenceAsked(context) === 'month' &&
  ratedComponents(definition, context).some((component) => cadenceOf(component, definition) === 'usage');
