import type { TFunction } from 'i18next';
import { WEEKDAYS } from '../../../domain/tariffs/check-calendar.ts';

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
  // ── a tariff's definition ──
  [/^used twice$/, 'usedTwice'],
  [/^(\S+) is reserved$/, 'reserved'],
  [/^another component has a floor already/, 'oneFloor'],
  [/^a price of the kind (\S+) has no quantity/, 'noQuantity'],
  [/^above 0 and at most (\d+)/, 'lossFactor'],
  [/^tax is the stage of percentages/, 'taxStage'],
  [/^a price of the kind (\S+) has no bands$/, 'noBands'],
  [/^must be above zero$/, 'aboveZero'],
  [/^names no component$/, 'noBase'],
  [/^no component (\S+) before this one$/, 'noBefore'],
  [/^(\S+) is named twice$/, 'namedTwice'],
  [/^(\S+) cannot price (\S+)$/, 'wrongCommodity'],
  [/^not a whole number of minor units: the currency has (\d+) decimals$/, 'minorUnits'],
  [/^(?:not )?a decimal number such as/, 'decimal'],
  [/^negative$/, 'negative'],
  [/^at most (\d+)(?: percent)?$/, 'atMost'],
  [/^at least (\d+)$/, 'atLeast'],
  [/^no tier$/, 'noTier'],
  [/^only the last tier has no limit$/, 'lastTierOpen'],
  [/^the last tier has no limit: null$/, 'lastTierLimit'],
  [/^not above the limit of the tier before it$/, 'tierOrder'],
  [/^\.t1, \.t2 … are the tiers of a band$/, 'tierCode'],
  [/^a band has either unitPrice or tiered$/, 'priceOrTiers'],
  [/^one of (.+)$/, 'oneOf'],
  [/^does not divide the window of (\S+) minutes$/, 'notDividing'],
  [/^no step$/, 'noStep'],
  [/^not above the step before it$/, 'stepOrder'],
  [/^no price for band (\S+)$/, 'bandWithoutPrice'],
  [/^no such schedule$/, 'noSchedule'],
  [/^month (\S+), weekday (\S+) has (\S+) schedules instead of one$/, 'gapDay'],
  [/^(\S+) is no day$/, 'noDay'],
  [/^(\S+) has two schedules$/, 'dayTwice'],
  [/^(\S+): times are HH:MM/, 'clock'],
  [/^(\S+) ends before it starts/, 'endsEarly'],
  [/^nothing from (\S+) to (\S+)$/, 'nothingFrom'],
  [/^(\S+) is covered twice$/, 'coveredTwice'],
  [/^letters, digits, dots?(?:,| and) dash/, 'codeWrong'],
  [/^at most 100 schedules$/, 'schedulesMax'],
  [/^the file is too large$/, 'fileTooLarge'],
  [/^not JSON$/, 'notJson'],
  [/^not a tariff$/, 'notTariff'],
  // ── a bank's statement ──
  [/^the file is neither CSV in UTF-8 or GB18030 nor XLSX$/, 'bankFile'],
  [/^choose the columns of the bank reference, the date and the amount$/, 'bankColumns'],
  [/^the file has more than (\d+) rows: split it$/, 'bankRows'],
  [/^“(.*)” is no amount with at most (\d+) decimals$/, 'bankAmount'],
  [/^the bank reference is missing or too long$/, 'bankRef'],
  [/^the bank reference (.+) is in the file twice$/, 'bankRefTwice'],
  [/^“(.*)” is no date$/, 'bankDate'],
] as const satisfies readonly (readonly [RegExp, string])[];

/** The sentence for a fault; words without a translation are shown as they are. */
export function describeFault(message: string, t: TFunction): string {
  for (const [pattern, key] of FAULTS) {
    const match = pattern.exec(message);
    if (match) {
      const [, a = '', b = '', c = ''] = match;
      // Weekdays have names.
      const day = WEEKDAYS.find((number) => String(number) === b);
      const named = key === 'gapDay' && day !== undefined ? t(`weekday.d${day}`) : b;
      return t(`fault.${key}`, { a, b: named, c });
    }
  }
  return message;
}

/** The first fault at exactly this place. */
export const faultAt = (faults: readonly Fault[], path: string): Fault | undefined =>
  faults.find((fault) => fault.path.map(String).join('.') === path);
