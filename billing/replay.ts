import { createHash } from 'node:crypto';
import { keyText, type LineKey, postedKeys } from '../domain/settlement/difference.ts';
import { readRunCutOff } from '../store/billing-runs.ts';
import { readClosedPeriod, sealOf } from '../store/periods.ts';
import { readSealedInputs } from '../store/sealed-inputs.ts';
import type { AuditScope } from './audit/scope.ts';
import { computePoints } from './compute-points.ts';
import type { RunContext } from './run-context.ts';

export interface Replay {
  /** The hash that the period was closed with, and the same over its lines as they are now. */
  readonly sealedHash: string;
  readonly linesHash: string;
  /** Over what was charged by key: as it is posted, and as it is computed again from the cut-off. */
  readonly postedHash: string;
  readonly replayedHash: string;
  readonly isSame: boolean;
  readonly keys: number;
  /** The first few keys of which another amount was posted than is computed. */
  readonly differences: readonly ReplayDifference[];
}

export interface ReplayDifference extends LineKey {
  readonly meteringPointId: number;
  readonly quantity: { readonly posted: bigint; readonly replayed: bigint };
  readonly amount: { readonly posted: bigint; readonly replayed: bigint };
}

const POINTS_PER_BATCH = 200;
const DIFFERENCES_MAX = 100;

/**
 * Computes a closed period again from what its close had cut off and sealed, whatever was read, posted and changed
 * since, and compares it with what was posted up to the close. Writes nothing. Undefined for a period that is open.
 */
export async function replayPeriod(scope: AuditScope): Promise<Replay | undefined> {
  const { client, siteId, period, timeZone, currency, digits, signal } = scope;
  const closed = await readClosedPeriod(client, siteId, period.name);
  const cutOff = closed && (await readRunCutOff(client, closed.runId));
  if (!closed || !cutOff) return undefined;
  const context: RunContext = {
    ...{ client, siteId, timeZone, currency, digits, cutOff },
    definitions: new Map(),
  };
  const comparison = new Comparison();
  for (let afterId = 0; ; ) {
    signal?.throwIfAborted();
    const sealed = await readSealedInputs(client, closed.runId, afterId, POINTS_PER_BATCH);
    const ids = [...sealed.keys()];
    const { points } = await computePoints(context, ids, period, { estimate: false, sealed });
    for (const { point, posted, settlement } of points) {
      // Days that a month took over, and the other way round, are judged by their own period.
      const own = <T extends { readonly period: string }>(lines: readonly T[]) =>
        lines.filter((line) => line.period === period.name);
      comparison.add(point.id, own(posted), own(settlement.lines));
    }
    afterId = ids.at(-1) ?? afterId;
    if (ids.length < POINTS_PER_BATCH) break;
  }
  const { hash: linesHash } = await sealOf(client, siteId, period.name, closed.previousHash);
  const compared = comparison.finish();
  const isSame = compared.postedHash === compared.replayedHash && linesHash === closed.hash;
  return { sealedHash: closed.hash, linesHash, ...compared, isSame };
}

/** Hashes both sides key by key, so that memory does not grow with the lines. */
class Comparison {
  readonly #posted = createHash('sha256');
  readonly #replayed = createHash('sha256');
  readonly #differences: ReplayDifference[] = [];
  #keys = 0;

  /** `more` is what posting once more would add: nothing where the replay comes to the same. */
  add(
    meteringPointId: number,
    posted: Parameters<typeof postedKeys>[0],
    more: readonly (LineKey & { readonly quantity: bigint; readonly amount: bigint })[],
  ): void {
    const keys = new Map<string, Pick<ReplayDifference, 'quantity' | 'amount'> & LineKey>();
    for (const key of postedKeys(posted)) {
      const { quantity, amount } = key;
      keys.set(keyText(key), {
        ...key,
        ...{
          quantity: { posted: quantity, replayed: quantity },
          amount: { posted: amount, replayed: amount },
        },
      });
    }
    for (const line of more) {
      const { quantity = NOTHING, amount = NOTHING } = keys.get(keyText(line)) ?? {};
      keys.set(keyText(line), {
        ...line,
        quantity: { posted: quantity.posted, replayed: quantity.replayed + line.quantity },
        amount: { posted: amount.posted, replayed: amount.replayed + line.amount },
      });
    }
    for (const [text, key] of [...keys].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const { quantity, amount } = key;
      this.#keys++;
      this.#posted.update(`${meteringPointId} ${text} ${quantity.posted} ${amount.posted}\n`);
      this.#replayed.update(`${meteringPointId} ${text} ${quantity.replayed} ${amount.replayed}\n`);
      const isSame = quantity.posted === quantity.replayed && amount.posted === amount.replayed;
      if (!isSame && this.#differences.length < DIFFERENCES_MAX) {
        const { leaseId, tariffVersionId, from, to, component, band, eventKey } = key;
        const named = { leaseId, tariffVersionId, from, to, component, band, eventKey };
        this.#differences.push({ meteringPointId, ...named, quantity, amount });
      }
    }
  }

  finish(): Pick<Replay, 'postedHash' | 'replayedHash' | 'keys' | 'differences'> {
    return {
      postedHash: this.#posted.digest('hex'),
      replayedHash: this.#replayed.digest('hex'),
      keys: this.#keys,
      differences: this.#differences,
    };
  }
}

const NOTHING = { posted: 0n, replayed: 0n };
