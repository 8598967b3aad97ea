import type { z } from 'zod';
import { zCaseDetail } from '../../contracts/cases.ts';
import {
  zClockAhead,
  zClockDecision,
  zConflictDecision,
  zRefusedDecision,
} from '../../contracts/readings.ts';
import { zDeviceIdParams, zIdParams } from '../../contracts/rest.ts';
import { CLOCK_AHEAD_MS_MAX } from '../../domain/readings.ts';
import { recordAction } from '../../store/actions.ts';
import { type CaseRow, decideCase, recordDecision } from '../../store/cases.ts';
import { decideWaiting, qualityAt, rejectQuarantined, settleConflicts } from '../../store/decide-readings.ts';
import { findDevice } from '../../store/devices.ts';
import { exchange, lockInstalled, setMaxRate } from '../../store/exchanges.ts';
import { judgeRegisters } from '../../store/judge-readings.ts';
import {
  type By,
  doubtOf,
  enterReading,
  noteManual,
  readStanding,
  standReading,
  vouch,
} from '../../store/manual-readings.ts';
import { monthPartitions } from '../../store/partitions.ts';
import { pointSubject } from '../../store/point-history.ts';
import { findRegisterAt, readConflicts, readWaiting } from '../../store/reading-views.ts';
import { type Transaction, transaction } from '../../store/transaction.ts';
import { principalOf } from '../access.ts';
import { openCaseOf } from '../case-decisions.ts';
import {
  baseUnitsOf,
  isExplained,
  keepPhotoOf,
  PHOTO_BODY_BYTES_MAX,
  pastInstant,
  refuseDoubt,
} from '../manual-readings.ts';
import { notFound, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';
import { caseDetail } from './cases.ts';
import { viewReading } from './readings.ts';

/** A case about a reading is named by its register and instant. */
function readingOf({ key }: CaseRow): { readonly registerId: number; readonly ts: Date } {
  const [registerId, ts] = key.split(' ').map(Number);
  if (!registerId || ts === undefined) throw new Problem(409, 'the case names no reading', 'reading_gone');
  return { registerId, ts: new Date(ts) };
}

const WAITING_SHOWN = 20;

export const readingCaseRoutes: Routes = (app, { db }) => {
  const partitions = monthPartitions('readings');

  /** Who changed what at the register's metering point, for its history. */
  async function recordAtPoint(
    tx: Transaction,
    one: CaseRow,
    about: { readonly registerId: number; readonly ts: Date },
    action: string,
    by: By,
    detail: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const register = await findRegisterAt(tx, about.registerId, about.ts);
    if (!register?.meteringPoint) return;
    const subject = pointSubject(register.meteringPoint.id);
    const ts = about.ts.toISOString();
    await recordAction(tx.orm, {
      ...{ siteId: one.siteId, at: by.at, actor: by.actor, action, subject },
      detail: { case: one.id, register: about.registerId, ts, ...detail },
    });
  }

  app.post(
    '/cases/:id/reading-conflict',
    {
      config: { access: 'cases:decide' },
      schema: {
        tags: ['cases'],
        summary: 'Choose the value that stands of conflicting ones',
        description:
          'One of the values that came, or another one that a person read. The others stay on record with who decided. ' +
          'A value that does not fit to the readings around it needs `confirm: true` and a `note`.',
        params: zIdParams,
        body: zConflictDecision,
        response: { 200: zCaseDetail },
      },
    },
    async (request) => {
      const { body } = request;
      const { id } = request.params;
      const by = { actor: principalOf(request).actor, at: new Date() };
      const { note } = body;
      await transaction(db, async (tx) => {
        const one = await openCaseOf(tx, id, 'reading_conflict');
        const about = readingOf(one);
        const [registerId, ts] = [about.registerId, about.ts.getTime()];
        const value = BigInt(body.value);
        const reading = { registerId, ts, value };
        const doubt = await doubtOf(tx, reading);
        // Without a meter installed nothing is charged by the reading: any value may stand.
        if (doubt && doubt.reason !== 'no_meter') {
          if (!isExplained(body) || doubt.reason === 'beyond_dial') refuseDoubt(doubt, body);
          await vouch(tx, reading, by);
        }
        const standing = await readStanding(tx, registerId, ts);
        const sent = [...(standing ? [standing] : []), ...(await readConflicts(tx, registerId, about.ts))];
        const isNew = !sent.some((known) => known.value === value);
        await standReading(tx, { ...reading, source: isNew ? 'manual' : undefined }, by);
        if (isNew) await noteManual(tx, { ...reading, purpose: 'reading', note }, by);
        await settleConflicts(tx, registerId, about.ts, by);
        const detail = { value: body.value, among: sent.map((known) => String(known.value)) };
        await decideCase(tx.orm, one, { ...by, resolution: 'chosen', note, detail });
        await recordAtPoint(tx, one, about, 'reading.choose', by, { ...detail, ...(note ? { note } : {}) });
        await judgeRegisters(tx, [{ registerId, from: ts }], by.at);
      });
      return caseDetail(db, id);
    },
  );

  app.post(
    '/cases/:id/reading-refused',
    {
      config: { access: 'cases:decide' },
      bodyLimit: PHOTO_BODY_BYTES_MAX,
      schema: {
        tags: ['cases'],
        summary: 'Decide about readings that were refused',
        description:
          '`accept`: they are right (less than before is a rollover). `reject`. `exchange`: the meter was exchanged or ' +
          'set anew. `max_rate`: the supply can deliver more. `manual`: rejected, and a person read something else.',
        params: zIdParams,
        body: zRefusedDecision,
        response: { 200: zCaseDetail },
      },
    },
    async (request) => {
      const { body } = request;
      const { id } = request.params;
      const by = { actor: principalOf(request).actor, at: new Date() };
      if (body.decision === 'manual') await partitions.ensure(db.$client, [{ ts: Date.parse(body.ts) }]);
      await transaction(db, async (tx) => {
        const one = await openCaseOf(tx, id, 'reading_refused');
        const about = readingOf(one);
        const { note } = body;
        const { decision, note: _, ...rest } = body;
        const detail = { ...rest, photo: undefined };
        await decideCase(tx.orm, one, { ...by, resolution: decision, note, detail });
        await recordAtPoint(tx, one, about, `reading.${decision}`, by, {
          ...detail,
          ...(note ? { note } : {}),
        });
        await carryOut(tx, one, about, body, by);
      });
      return caseDetail(db, id);
    },
  );

  async function carryOut(
    tx: Transaction,
    one: CaseRow,
    { registerId, ts }: { readonly registerId: number; readonly ts: Date },
    body: z.output<typeof zRefusedDecision>,
    by: By,
  ): Promise<void> {
    const from = ts.getTime();
    const point = (await findRegisterAt(tx, registerId, ts))?.meteringPoint;
    const { note } = body;
    switch (body.decision) {
      case 'accept': {
        const standing = await readStanding(tx, registerId, from);
        if (!standing) throw new Problem(409, 'the reading is gone', 'reading_gone');
        await vouch(tx, { registerId, ts: from, value: standing.value }, by);
        await judgeRegisters(tx, [{ registerId, from }], by.at);
        break;
      }
      case 'manual':
      case 'reject': {
        const until = typeof one.subject['until'] === 'string' ? new Date(one.subject['until']) : ts;
        await rejectQuarantined(tx, registerId, ts, until);
        await judgeRegisters(tx, [{ registerId, from }], by.at);
        if (body.decision === 'reject') return;
        const photoId = await keepPhotoOf(tx, one.siteId, body.photo, by);
        const entered = pastInstant(body.ts, by.at, 'body.ts');
        const value = baseUnitsOf(body.value);
        const reading = {
          registerId,
          ts: entered.getTime(),
          value,
          purpose: 'reading',
          note,
          photoId,
        } as const;
        refuseDoubt(await enterReading(tx, reading, by, isExplained(body)), body);
        return;
      }
      case 'exchange': {
        const at = pastInstant(body.at, by.at, 'body.at');
        const old = point && (await lockInstalled(tx, point.id));
        if (!point || old?.registerId !== registerId) {
          throw new Problem(
            409,
            'the register is not installed any more: record the exchange at its metering point',
            'register_removed',
          );
        }
        if (at.getTime() <= old.startsAt)
          throw unprocessable('body.at', 'is not after the installation’s start', { code: 'exchange_early' });
        const doubt = await exchange(
          tx,
          {
            ...{ pointId: point.id, old, at: at.getTime(), registerId, multiplier: old.multiplier, note },
            ...{
              endValue: baseUnitsOf(body.endValue),
              startValue: baseUnitsOf(body.startValue),
              purpose: 'exchange',
            },
          },
          by,
          false,
        );
        if (doubt?.reason === 'decreased' || doubt?.reason === 'jumped') {
          throw unprocessable(
            'body.endValue',
            'does not fit to the last good reading: if it is right, record the exchange at the metering point and say why',
            { code: 'end_value_unfit' },
          );
        }
        refuseDoubt(doubt, { confirm: false }, { value: 'body.endValue', at: 'body.at' });
        break;
      }
      case 'max_rate': {
        if (!point)
          throw new Problem(409, 'the register serves no metering point then', 'reading_without_meter');
        await setMaxRate(tx, { pointId: point.id, maxRate: body.maxRate, registerId, from }, by.at);
        break;
      }
    }
    if ((await qualityAt(tx, registerId, ts)) === 'quarantined') {
      throw unprocessable('body', 'with this the reading still cannot be: look at the values once more', {
        code: 'reading_still_refused',
      });
    }
  }

  app.get(
    '/devices/:id/clock-ahead',
    {
      config: { access: 'readings:read' },
      schema: {
        tags: ['cases'],
        summary: 'Readings of a device that wait because its clock ran ahead',
        params: zDeviceIdParams,
        response: { 200: zClockAhead },
      },
    },
    async ({ params: { id } }) => {
      if (!(await findDevice(db, id))) throw notFound('device');
      const { count, from, to, newest } = await readWaiting(db.$client, id, WAITING_SHOWN);
      return {
        count,
        from: from?.toISOString() ?? null,
        to: to?.toISOString() ?? null,
        newest: newest.map(({ registerId, point, unit, ...reading }) => ({
          ...viewReading(unit)(reading),
          register: registerId,
          point,
        })),
      };
    },
  );

  app.post(
    '/cases/:id/clock-ahead',
    {
      config: { access: 'cases:decide' },
      schema: {
        tags: ['cases'],
        summary: 'Accept, move or reject the readings of a device whose clock ran ahead',
        description:
          'Those from `from` on and before `to`, at most 20,000 at once. The case stays open while others wait.',
        params: zIdParams,
        body: zClockDecision,
        response: { 200: zCaseDetail },
      },
    },
    async (request) => {
      const { body } = request;
      const { id } = request.params;
      const by = { actor: principalOf(request).actor, at: new Date() };
      const [from, to] = [new Date(body.from), new Date(body.to)];
      if (to <= from) throw unprocessable('body.to', 'is not after `from`', { code: 'none_waiting' });
      const shiftMs = body.decision === 'shift' ? body.offsetMs : 0;
      if (body.decision === 'shift') await ensureMonths(from.getTime() + shiftMs, to.getTime() + shiftMs);
      await transaction(db, async (tx) => {
        const one = await openCaseOf(tx, id, 'clock_ahead');
        if (body.decision === 'shift') {
          const waiting = await readWaiting(tx, one.key, WAITING_SHOWN);
          const newest = waiting.newest.find(({ ts }) => ts < to.getTime());
          if (newest && newest.ts + shiftMs > by.at.getTime() + CLOCK_AHEAD_MS_MAX) {
            throw unprocessable('body.offsetMs', 'readings would still lie in the future', {
              code: 'clock_still_ahead',
            });
          }
        }
        const how = body.decision === 'shift' ? { shiftMs } : body.decision;
        const count = await decideWaiting(tx, { deviceId: one.key, from, to }, how, by);
        if (count === 0)
          throw unprocessable('body', 'no reading waits between these instants', { code: 'none_waiting' });
        const { note, decision, ...window } = body;
        const step = { ...by, resolution: decision, note, detail: { ...window, count } };
        const left = await readWaiting(tx, one.key, 1);
        await (left.count === 0 ? decideCase : recordDecision)(tx.orm, one, step);
      });
      return caseDetail(db, id);
    },
  );

  /** Months of a window, which its caller's reach bounds to two years. */
  async function ensureMonths(from: number, to: number): Promise<void> {
    const months: { ts: number }[] = [{ ts: to }];
    for (let ts = from; ts < to && months.length < 30; ts += 28 * 86_400_000) months.push({ ts });
    await partitions.ensure(db.$client, months);
  }
};
