import { z } from 'zod';
import { zTariffDefinition } from '../../../../contracts/tariffs.ts';
import { COMMODITIES, type Commodity } from '../../../../domain/commodities.ts';
import { minorDigits } from '../../../../domain/money.ts';
import { commodityFaults, definitionFaults, roundingFaults } from '../../../../domain/tariffs/check.ts';
import type { TariffDefinition } from '../../../../domain/tariffs/definition.ts';
import { dayRange } from '../../day-range.ts';
import type { Fault } from '../../ui/faults.ts';
import { newComponent, tidy } from './new-parts.ts';

/** A tariff, or the next version of one, as it is being written. */
export interface Draft {
  readonly code: string;
  readonly name: string;
  readonly commodity: Commodity;
  /** The day of the site on which it takes effect, `2026-12-01`. */
  readonly from: string;
  readonly definition: TariffDefinition;
}

export const emptyDraft = (commodity: Commodity, from: string): Draft => ({
  code: '',
  name: '',
  commodity,
  from,
  definition: { components: [newComponent(commodity, [])] },
});

const zBasics = z.object({
  code: z.string().regex(/^[\p{L}\p{N}_.-]{1,32}$/u, 'letters, digits, dot, dash and underscore; at most 32'),
  name: z.string().min(1).max(100),
});

/** Everything that is wrong with it: the same rules as the server's, called here. */
export function faultsOf(
  draft: Draft,
  site: { readonly currency: string; readonly timeZone: string },
): Fault[] {
  const definition = tidy(draft.definition);
  const shape = zTariffDefinition.safeParse(definition);
  const basics = zBasics.safeParse(draft);
  const faults: Fault[] = [...(basics.error?.issues ?? []), ...(shape.error?.issues ?? [])];
  if (dayRange(draft.from, site.timeZone) === undefined) {
    faults.push({ path: ['from'], message: 'Invalid ISO date' });
  }
  // A shape that is wrong keeps the schema from asking the rules behind it.
  faults.push(...definitionFaults(definition), ...commodityFaults(definition, draft.commodity));
  if (shape.success) faults.push(...roundingFaults(definition, minorDigits(site.currency)));
  return firstOfEach(faults);
}

/** One fault a place: the schema and the rules may both mind the same text. */
function firstOfEach(faults: readonly Fault[]): Fault[] {
  const seen = new Set<string>();
  return faults.filter(({ path, message }) => {
    // A calendar's days may have many gaps.
    const key = path.at(-1) === 'days' ? message : path.map(String).join('.');
    return seen.has(key) ? false : seen.add(key);
  });
}

/** What an exported version is made of; a bare definition is taken too. */
const zFile = z.union([
  z.object({
    code: zBasics.shape.code.optional(),
    name: zBasics.shape.name.optional(),
    commodity: z.enum(COMMODITIES),
    definition: z.object({ components: z.array(z.unknown()) }).loose(),
  }),
  z.object({ components: z.array(z.unknown()) }).loose(),
]);
export const FILE_BYTES_MAX = 2_000_000;

export type ImportedFile =
  | { readonly ok: true; readonly draft: Partial<Draft> & { readonly definition: TariffDefinition } }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Reads a tariff's JSON file; faults say where in it. */
export function readFile(text: string): ImportedFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, faults: [{ path: [], message: 'not JSON' }] };
  }
  const file = zFile.safeParse(json);
  if (!file.success) return { ok: false, faults: [{ path: [], message: 'not a tariff' }] };
  const isWhole = 'definition' in file.data;
  const definition = zTariffDefinition.safeParse(isWhole ? file.data['definition'] : file.data);
  if (!definition.success) {
    const prefix = isWhole ? ['definition'] : [];
    const faults = definition.error.issues.map(({ path, message }) => ({
      path: [...prefix, ...path],
      message,
    }));
    return { ok: false, faults: firstOfEach(faults) };
  }
  const { code, name, commodity } = file.data as Partial<Draft>;
  return {
    ok: true,
    draft: {
      ...(code === undefined ? {} : { code }),
      ...(name === undefined ? {} : { name }),
      ...(commodity === undefined ? {} : { commodity }),
      definition: definition.data,
    },
  };
}

/** The file's text for a version. */
export const fileOf = ({ code, name, commodity, definition }: Omit<Draft, 'from'>): string =>
  `${JSON.stringify({ code, name, commodity, definition }, null, 2)}\n`;

/** What a page hands over to the form to begin with: from an example, a copy or a file. */
export const zDraft = z.object({
  code: z.string().optional(),
  name: z.string().optional(),
  commodity: z.enum(COMMODITIES),
  definition: zTariffDefinition,
});
