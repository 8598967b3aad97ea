import { type AuditSeen, INVARIANTS, type Invariant, type InvariantFinding } from '../../domain/audit.ts';

/** What each invariant says, for whoever reads a terminal. The dashboard has its own words. */
const MEANS: Readonly<Record<Invariant, string>> = {
  one_reading: 'One current reading per register and timestamp',
  any_order: 'The fold of the readings is the same in any order, with duplicates',
  conservation: 'Everything charged between two cuts adds up to what was used between them',
  tiling: 'Charged ranges tile time: none twice, none left out',
  bands: 'Bands and tiers sum to the total',
  residuals: 'Main = stalls + common + loss, and allocations sum exactly',
  sums: 'Posted = rounded(rate(desired)); ledger transactions sum to 0; a bill is the sum of its lines',
  repeatable: 'A run after a run posts nothing',
  sealed: 'Lines of a closed period have not changed',
  replay: 'A closed period computed again is the same, and the chain of hashes is whole',
  graduated: 'Graduated tariffs: splitting changes no sum, more never costs less',
  estimates: 'Replacing an estimate moves quantity only across its own cut',
  charges: 'Charges succeeded - refunded <= due, at most one under way for a bill',
};

const NOTES = {
  sampled: ' (a sample)',
  not_charged: ' (no run has charged it)',
  not_closed: ' (the period is open)',
} as const;

/** Lines for a terminal: the invariant, what it checked and every violation that is listed. */
export function describeFinding({
  invariant,
  checked,
  unit,
  note,
  violations,
  more,
}: InvariantFinding): string {
  const count = violations.length + more;
  const number = String(INVARIANTS.indexOf(invariant) + 1).padStart(2);
  const head = `${count === 0 ? 'ok  ' : 'FAIL'} ${number} ${MEANS[invariant]}\n`;
  const lines = [`        checked ${checked} ${unit}${note === null ? '' : NOTES[note]}`];
  for (const { what, where, expected, found } of violations) {
    const ids = Object.entries(where).map(([name, value]) => `${name} ${value}`);
    lines.push(`        ${what}: ${ids.join(', ')}: expected ${expected}, found ${found}`);
  }
  if (more > 0) lines.push(`        and ${more} more`);
  return `${head}${lines.join('\n')}\n`;
}

/** What the findings are based on: instant, cut-offs, seal. */
export function describeSeen({ at, cutOffs, seal }: AuditSeen): string {
  const [latest] = cutOffs;
  const charged = latest
    ? `computed again from what ${cutOffs.length} run(s) saw, the last one readings up to ${latest.receivedUpTo}`
    : 'no run has charged this period yet: nothing can be computed again';
  const closed = seal
    ? `closed ${seal.closedAt} by ${seal.closedBy}; hash ${seal.sealed.hash}, of its lines now ${seal.now.hash}`
    : 'the period is open';
  return `as of ${at}; ${charged}\n${closed}\n`;
}
