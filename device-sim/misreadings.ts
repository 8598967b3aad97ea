import type { Faults } from '../contracts/fleet.ts';

type Values = Readonly<Record<string, number | boolean | string>>;
const COUNTED = ['energy_import', 'volume'] as const;

/**
 * What a meter says of an instant where its fault makes it say something else: usually one message's values, two where
 * it says the instant twice.
 */
export function misread(values: Values, faults: Faults, ts: number): readonly Values[] {
  const fault = faults.misreads?.find(({ from, to }) => from <= ts && ts <= to);
  const name = COUNTED.find((one) => one in values);
  if (!fault || name === undefined) return [values];
  const shown = fault.as === 'zero' ? 0 : Number(values[name]) + fault.by;
  const wrong = { ...values, [name]: shown };
  return fault.as === 'twice' ? [values, wrong] : [wrong];
}
