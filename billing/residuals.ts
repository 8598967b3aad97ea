import { createHash } from 'node:crypto';
import { childrenOf, leavesBehind } from '../domain/meter-tree.ts';
import { periodRange } from '../domain/periods.ts';
import { type Member, type Recipient, residualOf } from '../domain/residual.ts';
import type { NamedPeriod } from '../domain/settlement/desired.ts';
import { type ServiceRange, serviceRanges } from '../domain/settlement/service-ranges.ts';
import { queueAfter, type RunProblem } from '../store/billing-runs.ts';
import { closeCase, openCase } from '../store/cases.ts';
import {
  type AllocationRule,
  isMeteredIn,
  readAllocations,
  readTree,
  readValuesAt,
  type TreePoint,
  usageIn,
  type ValueAt,
  valueKey,
} from '../store/meter-tree.ts';
import { readClosedPeriods, readClosingChange } from '../store/periods.ts';
import { insertResidual, readResiduals, type StoredResidual } from '../store/shares.ts';
import { lockPointsById, readPayers, readPoints } from '../store/usage-inputs.ts';
import type { RunContext } from './run-context.ts';
import { type Posting, settlePoints } from './settle-points.ts';

/** What is taken for a main where nobody said anything: its residual is computed, reported, and not shared out. */
const UNALLOCATED: AllocationRule = { what: 'nothing', weight: 'equal' };

interface Plan {
  readonly main: TreePoint;
  readonly members: readonly TreePoint[];
  /** Stalls on any level behind it. */
  readonly stalls: readonly TreePoint[];
  readonly rule: AllocationRule;
  readonly before: StoredResidual | undefined;
}

type Values = ReadonlyMap<string, ValueAt>;

/**
 * Residuals of a month, once the points behind the mains are settled, inside the caller's transaction: folds and pins
 * the mains, and stores a new revision of each residual that is not what it was. The points that it concerns
 * (`readConcerned`) are to be settled again after that. A main waits until every value is known.
 */
export async function settleResiduals(
  context: RunContext,
  period: NamedPeriod,
  posting: Posting,
): Promise<readonly RunProblem[]> {
  const { client, siteId, cutOff } = context;
  const pointsAt = (await readClosingChange(client, siteId, period.name)) ?? cutOff.changeId;
  const tree = await readTree(client, siteId, { changeId: cutOff.changeId, pointsAt });
  const mains = tree.filter((point) => point.role === 'main' && isMeteredIn(point, period));
  if (mains.length === 0) return [];
  const ids = mains.map(({ id }) => id);
  await lockPointsById(client, ids);
  await settlePoints(context, ids, period, posting);

  const plans = await plansOf(context, tree, mains, period, posting.runId);
  const ranges = await rangesOf(context, plans, period);
  const members = plans.flatMap((plan) => plan.members);
  const ends = await readValuesAt(client, [...ids, ...members.map(({ id }) => id)], [period.from, period.to]);
  const problems: RunProblem[] = [];
  for (const plan of plans) {
    problems.push(...(await settleMain(context, plan, ends, ranges, period, posting)));
  }
  await queueNeighbours(context, tree, period);
  return problems;
}

/** Once a month is closed its tree and its rule stay as they were: only readings can still move its residuals. */
async function plansOf(
  { client, siteId, cutOff }: RunContext,
  tree: readonly TreePoint[],
  mains: readonly TreePoint[],
  period: NamedPeriod,
  runId: number,
): Promise<readonly Plan[]> {
  const latest = new Map(
    (await readResiduals(client, siteId, [period.name])).map((one) => [one.mainId, one]),
  );
  const byId = new Map(tree.map((point) => [point.id, point]));
  const children = childrenOf(tree);
  const isClosed = (await readClosedPeriods(client, siteId, runId)).has(period.name);
  const rules = await readAllocations(client, siteId, period.name, cutOff.changeId);
  return mains.flatMap((main): Plan[] => {
    const before = latest.get(main.id);
    if (isClosed && !before) return [];
    const members = isClosed
      ? (before?.members ?? []).flatMap(({ pointId, role }) => {
          const point = byId.get(pointId);
          return point ? [{ ...point, role }] : [];
        })
      : (children.get(main.id) ?? []);
    const stalls = leavesBehind(children, main.id).filter(({ role }) => role === 'stall');
    const rule = isClosed && before ? before : (rules.get(main.id) ?? UNALLOCATED);
    return [{ main, members, stalls, rule: { what: rule.what, weight: rule.weight }, before }];
  });
}

/** Who pays for the stalls behind mains that share something out, by point. */
async function rangesOf(
  context: RunContext,
  plans: readonly Plan[],
  period: NamedPeriod,
): Promise<ReadonlyMap<number, Recipients>> {
  const { client, siteId, cutOff } = context;
  const stalls = plans.filter(({ rule }) => rule.what !== 'nothing').flatMap((plan) => plan.stalls);
  const points = await readPoints(client, [...new Set(stalls.map(({ id }) => id))], cutOff);
  const places = [...new Set(points.flatMap(({ placeId }) => placeId ?? []))];
  const payers = await readPayers(client, siteId, places, period, cutOff);
  return new Map(
    points.map((point) => {
      const { ranges } = serviceRanges({
        period,
        kind: 'month',
        leases: point.placeId === null ? [] : (payers.leases.get(point.placeId) ?? []),
        house: payers.house,
        leaseTariffs: payers.leaseTariffs.filter(({ commodity }) => commodity === point.commodity),
        versions: payers.versions,
      });
      return [point.id, { ranges, areaM2: point.areaM2 }];
    }),
  );
}

interface Recipients {
  readonly ranges: readonly ServiceRange[];
  readonly areaM2: Recipient['areaM2'];
}

async function settleMain(
  context: RunContext,
  plan: Plan,
  ends: Values,
  ranges: ReadonlyMap<number, Recipients>,
  period: NamedPeriod,
  { runId, postedAt }: Posting,
): Promise<readonly RunProblem[]> {
  const { client, siteId } = context;
  const { main, rule, before } = plan;
  const awaiting = (code: string): readonly RunProblem[] => [
    { meteringPointId: main.id, code: 'awaiting_residual', detail: `${period.name}: no value of ${code}` },
  ];
  const used = usageIn(main, period, ends);
  if (!used) return awaiting(main.code);
  const members: Member[] = [];
  for (const point of plan.members) {
    const usage = usageIn(point, period, ends);
    if (!usage) return awaiting(point.code);
    members.push({ pointId: point.id, role: point.role, ...usage });
  }
  const recipients = await recipientsOf(context, plan, ranges, period);
  if (typeof recipients === 'string') return awaiting(recipients);

  const result = residualOf({ mainUsage: used.usage, members, ...rule, recipients });
  const stored = members.map(({ usage, ...member }) => ({ ...member, usage: `${usage}` }));
  const facts = {
    ...{ mainId: main.id, mainUsage: used.usage, mainEstimated: used.estimated },
    ...{ members: stored, ...rule, ...result },
  };
  const inputHash = hashOf(facts);
  if (before?.inputHash !== inputHash) {
    const revision = (before?.revision ?? 0) + 1;
    const of = { siteId, period: period.name, runId, at: postedAt };
    await insertResidual(client, of, { ...facts, revision, inputHash });
  }
  const about = {
    siteId,
    kind: 'negative_residual',
    key: `${main.id} ${period.name}`,
    at: postedAt,
  } as const;
  if (result.residual >= 0n) {
    await closeCase(client, { ...about, by: 'billing', resolution: 'arrived' });
    const isLeft = rule.what !== 'nothing' && result.allocated === 0n && result.residual > 0n;
    const detail = `${period.name}: ${result.residual} of ${main.code} weigh on nobody by ${rule.weight}`;
    return isLeft ? [{ meteringPointId: main.id, code: 'no_share_weight', detail }] : [];
  }
  if (before?.inputHash !== inputHash) {
    const subject = {
      ...{ mainId: main.id, code: main.code, commodity: main.commodity, period: period.name },
      ...{ mainUsage: `${used.usage}`, subUsage: `${result.subUsage}`, residual: `${result.residual}` },
    };
    await openCase(client, { ...about, subject });
  }
  const detail = `${period.name}: ${main.code} counted ${used.usage}, the meters behind it ${result.subUsage}`;
  return [{ meteringPointId: main.id, code: 'negative_residual', detail }];
}

/** The main's recipients by point and time, or the code of a point whose usage is not known yet. */
async function recipientsOf(
  { client }: RunContext,
  { stalls, rule }: Plan,
  ranges: ReadonlyMap<number, Recipients>,
  period: NamedPeriod,
): Promise<readonly Recipient[] | string> {
  if (rule.what === 'nothing') return [];
  const stretches = stalls
    .filter((point) => isMeteredIn(point, period))
    .map((point) => ({ point, parts: stretchesOf(point, ranges.get(point.id)?.ranges ?? [], period) }));
  const byUsage = rule.weight === 'usage';
  const cuts = new Set(stretches.flatMap(({ parts }) => parts.flatMap(({ from, to }) => [from, to])));
  const ids = stretches.map(({ point }) => point.id);
  const values: Values = byUsage ? await readValuesAt(client, ids, [...cuts]) : new Map();
  const recipients: Recipient[] = [];
  for (const { point, parts } of [...stretches].sort((a, b) => a.point.id - b.point.id)) {
    for (const part of parts) {
      const from = values.get(valueKey(point.id, part.from));
      const to = values.get(valueKey(point.id, part.to));
      if (byUsage && !(from && to)) return point.code;
      const usage = from && to ? to.value - from.value : 0n;
      const areaM2 = ranges.get(point.id)?.areaM2 ?? null;
      recipients.push({ ...part, pointId: point.id, areaM2, usage });
    }
  }
  return recipients;
}

/** Tiles the month: what somebody pays for, and between it what nobody does. Before its first meter a point was not there. */
function stretchesOf(
  { meteredFrom }: TreePoint,
  ranges: readonly ServiceRange[],
  period: NamedPeriod,
): readonly { readonly from: number; readonly to: number; readonly leaseId: number | null }[] {
  const parts: { from: number; to: number; leaseId: number | null }[] = [];
  let at = period.from;
  for (const { from, to, leaseId } of [...ranges].sort((a, b) => a.from - b.from)) {
    if (from > at) parts.push({ from: at, to: from, leaseId: null });
    parts.push({ from, to, leaseId });
    at = to;
  }
  if (at < period.to) parts.push({ from: at, to: period.to, leaseId: null });
  return parts.filter(({ to }) => meteredFrom !== null && to > meteredFrom);
}

/** A value that moved belongs to two months: the residual of the other one is to be computed again. */
async function queueNeighbours(
  { client, siteId, timeZone }: RunContext,
  tree: readonly TreePoint[],
  period: NamedPeriod,
): Promise<void> {
  const byId = new Map(tree.map((point) => [point.id, point]));
  for (const name of [neighbour(period.name, -1), neighbour(period.name, 1)]) {
    const stored = await readResiduals(client, siteId, [name]);
    const range = periodRange(name, timeZone);
    if (!range || stored.length === 0) continue;
    const used = stored.flatMap(({ mainId, mainUsage, members }) => [
      { id: mainId, usage: mainUsage },
      ...members.map(({ pointId, usage }) => ({ id: pointId, usage: BigInt(usage) })),
    ]);
    const values = await readValuesAt(client, [...new Set(used.map(({ id }) => id))], [range.from, range.to]);
    const isStale = used.some(({ id, usage }) => {
      const point = byId.get(id);
      const now = point && usageIn(point, range, values);
      return now !== undefined && now !== null && now.usage !== usage;
    });
    if (isStale) await queueAfter(client, siteId, name, 'residual');
  }
}

/** The month so many later. */
function neighbour(month: string, step: number): string {
  const [year = 0, ordinal = 1] = month.split('-').map(Number);
  const n = year * 12 + ordinal - 1 + step;
  return `${Math.floor(n / 12)}-${String((n % 12) + 1).padStart(2, '0')}`;
}

function hashOf(facts: unknown): string {
  const text = JSON.stringify(facts, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
  return createHash('sha256').update(text).digest('hex');
}
