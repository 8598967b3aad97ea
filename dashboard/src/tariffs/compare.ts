import type { TariffComponent, TariffDefinition } from '../../../domain/tariffs/definition.ts';

export interface ComparedComponent {
  readonly component: TariffComponent;
  readonly values: readonly {
    readonly name: string;
    /** Null where that version has no such row. */
    readonly before: string | null;
    readonly after: string | null;
  }[];
  /** Whether the same bands hold at other times. */
  readonly calendarChanged: boolean;
}

/** The components of both definitions by their codes, in the later one's order; what is gone comes last. */
export function compareVersions(
  before: TariffDefinition,
  after: TariffDefinition,
  rowsOf: (component: TariffComponent) => readonly (readonly [name: string, value: string])[],
): ComparedComponent[] {
  const gone = before.components.filter(({ code }) => !after.components.some((one) => one.code === code));
  return [...after.components, ...gone].map((component) => {
    const was = before.components.find(({ code }) => code === component.code);
    const is = after.components.find(({ code }) => code === component.code);
    const wasRows = new Map(was ? rowsOf(was) : []);
    const isRows = new Map(is ? rowsOf(is) : []);
    const names = [...new Set([...isRows.keys(), ...wasRows.keys()])];
    return {
      component,
      values: names.map((name) => ({
        name,
        before: wasRows.get(name) ?? null,
        after: isRows.get(name) ?? null,
      })),
      calendarChanged: was !== undefined && is !== undefined && calendarOf(was) !== calendarOf(is),
    };
  });
}

const calendarOf = ({ price }: TariffComponent): string =>
  price.kind === 'time_of_use' ? JSON.stringify(price.calendar) : '';
