import { fixedText } from '../../domain/amounts.ts';
import type { BoundaryMethod } from '../../domain/metering/boundary.ts';
import type { DocumentLine } from '../../store/bill-documents.ts';
import { localMinute } from './line-texts.ts';

/** What one meter showed at both ends of its part of a service range. */
export interface EvidenceRow {
  readonly meter: string;
  readonly from: string;
  readonly to: string;
  /** In kWh or m³. */
  readonly startValue: string;
  readonly endValue: string;
  readonly multiplier: string;
  readonly quantity: string;
  /** How the values at the ends of the range came about. */
  readonly methods: readonly BoundaryMethod[];
}

/** Lines of one service range share their evidence: it is shown once. */
export function evidenceRows(lines: readonly DocumentLine[], timeZone: string): readonly EvidenceRow[] {
  const rows = new Map<string, EvidenceRow>();
  for (const { evidence, meteringPointId } of lines) {
    if (evidence.kind !== 'usage') continue;
    const { from, to, segments } = evidence;
    for (const segment of segments) {
      const key = [meteringPointId, segment.installationId, segment.from, segment.to].join(' ');
      rows.set(key, {
        meter: segment.serial,
        from: localMinute(segment.from, timeZone),
        to: localMinute(segment.to, timeZone),
        startValue: fixedText(segment.startValue, 3),
        endValue: fixedText(segment.endValue, 3),
        multiplier: segment.multiplier,
        quantity: fixedText(segment.quantity, 3),
        methods: [from?.method, to?.method].filter((method) => method !== undefined),
      });
    }
  }
  return [...rows.values()];
}
