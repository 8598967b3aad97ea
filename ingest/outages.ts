/** What ingest needs, and waits for while it is away. */
export const STAGES: readonly string[] = ['postgres', 'telemetry', 'journal'];

/** One stage of one journal that is tried again and again. */
export interface Outage {
  readonly stage: string;
  readonly since: number;
  /** Why the last try failed. */
  reason: string;
}

const outages = new Set<Outage>();
const REASON_LENGTH_MAX = 300;
/** A single try that failed is no outage. */
const RED_AFTER_S = 5;

export function beginOutage(stage: string): Outage {
  const outage: Outage = { stage, since: performance.now(), reason: '' };
  outages.add(outage);
  return outage;
}

export function endOutage(outage: Outage): void {
  outages.delete(outage);
}

/** The longest outage of a stage. */
export function outageOf(stage: string): { readonly seconds: number; readonly reason: string } | undefined {
  const [first] = [...outages].filter((one) => one.stage === stage).sort((a, b) => a.since - b.since);
  return first && { seconds: (performance.now() - first.since) / 1000, reason: first.reason };
}

/** Whether the stores take what ingest writes, and if not, why and what to do: for `/readyz`. */
export function checkStores(): { readonly ok: boolean; readonly detail: string } {
  const failing = STAGES.flatMap((stage) => {
    const outage = outageOf(stage);
    return outage && outage.seconds >= RED_AFTER_S ? [`${stage} ${inWords(outage)}`] : [];
  });
  return failing.length === 0
    ? { ok: true, detail: 'take what is written' }
    : { ok: false, detail: failing.join('; ') };
}

function inWords({ seconds, reason }: { readonly seconds: number; readonly reason: string }): string {
  const way = /no space|disk.{0,20}full|could not extend|ENOSPC/i.test(reason)
    ? 'free some space on its disk'
    : 'bring it back';
  const why = reason.slice(0, REASON_LENGTH_MAX);
  return `has refused for ${Math.round(seconds)} s (${why}): ${way}, then ingest goes on by itself`;
}
