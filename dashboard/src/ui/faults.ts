import type { TFunction } from 'i18next';

/** What is wrong with a field: where, and the schema's or the server's words for it. */
export interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * The words of contracts and domain for what is wrong with a value, in the languages of the page. Groups of a pattern
 * are the values of its sentence, in order: `{{a}}`, `{{b}}`, `{{c}}`.
 */
export const FAULTS = [
  [/^must be below the first$/, 'belowFirst'],
  [/^must be after the start$/, 'afterStart'],
  [/^choose at least one day$/, 'oneDay'],
  [/^must be later than the step before$/, 'laterStep'],
  [/^is a holiday too$/, 'holidayToo'],
  [/^whole minor units/, 'money'],
  [/^a percentage with/, 'percent'],
  [/^HH:MM/, 'clock'],
  [/^Invalid ISO date/, 'date'],
  [/^Invalid input: expected number/, 'number'],
  [/^Invalid input: expected string, received undefined/, 'missing'],
  [/^Invalid (?:input|option)/, 'choose'],
  [/^Invalid string: must match/, 'pattern'],
  [/^Too small: expected (?:number|int) to be >=? ?(\S+)/, 'atLeast'],
  [/^Too big: expected (?:number|int) to be <=? ?(\S+)/, 'atMost'],
  [/^Too small: expected string/, 'missing'],
  [/^Too small: expected array/, 'oneEntry'],
  [/^Too big: expected (?:array|string) to have <=?(\d+)/, 'tooMany'],
] as const satisfies readonly (readonly [RegExp, string])[];

/** The sentence for a fault; words without a translation are shown as they are. */
export function describeFault(message: string, t: TFunction): string {
  for (const [pattern, key] of FAULTS) {
    const match = pattern.exec(message);
    if (match) {
      const [, a = '', b = '', c = ''] = match;
      return t(`fault.${key}`, { a, b, c });
    }
  }
  return message;
}

/** The first fault at exactly this place. */
export const faultAt = (faults: readonly Fault[], path: string): Fault | undefined =>
  faults.find((fault) => fault.path.map(String).join('.') === path);
