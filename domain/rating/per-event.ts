import { parseDecimal } from '../decimal.ts';
import { ratioOf, ZERO } from '../ratio.ts';
import type { PerEventPrice } from '../tariffs/definition.ts';
import type { ExactLine, Pass } from './rated-line.ts';
import { iso, type Scope } from './scope.ts';

/** The band of vehicles of no known class. */
export const CLASS_OTHER = 'other';

/** A line a pass; one that costs nothing has a line of 0, which shows that it was seen. */
export function perEventLines(price: PerEventPrice, { context, measured }: Scope): readonly ExactLine[] {
  const { from, to } = context.range;
  return measured.passes.filter(({ at }) => at >= from && at < to).map((pass) => passLine(price, pass));
}

function passLine({ classes, otherwise, freeMinutes }: PerEventPrice, pass: Pass): ExactLine {
  const known = classes.find(({ code }) => code === pass.classCode);
  const price = known?.unitPrice ?? otherwise;
  const free = pass.exempt ?? (pass.minutes !== null && pass.minutes < freeMinutes ? 'minutes' : null);
  const unitPrice = free ? '0' : price;
  return {
    band: known?.code ?? CLASS_OTHER,
    eventKey: pass.key,
    unit: 'pass',
    quantity: 1n,
    unitPrice,
    accumulatedFrom: null,
    intervals: [],
    before: ZERO,
    after: ratioOf(parseDecimal(unitPrice)),
    how: {
      kind: 'event',
      at: iso(pass.at),
      entryAt: pass.entryAt === undefined || pass.entryAt === null ? null : iso(pass.entryAt),
      plate: pass.plate ?? null,
      class: pass.classCode,
      minutes: pass.minutes,
      freeMinutes,
      price,
      free,
    },
  };
}
