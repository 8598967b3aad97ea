import type { z } from 'zod';
import type { zLeaseEnd } from '../contracts/readings.ts';
import { recordAction } from '../store/actions.ts';
import { readStallMeters } from '../store/handovers.ts';
import { endLease } from '../store/leases.ts';
import { type By, enterReading } from '../store/manual-readings.ts';
import type { Transaction } from '../store/transaction.ts';
import { baseUnitsOf, isExplained, keepPhotoOf, refuseDoubt } from './manual-readings.ts';
import { Problem, unprocessable } from './problems.ts';

type Given = Pick<z.output<typeof zLeaseEnd>, 'readings' | 'confirm' | 'note'>;

/**
 * Stores what the meters of a stall showed when it changed hands. @throws a Problem 422 that names the meters without
 * a value: each needs one, unless the device itself sent a good reading within 15 minutes of the instant.
 */
export async function enterHandover(
  tx: Transaction,
  place: { readonly id: number; readonly siteId: string },
  at: Date,
  given: Given,
  by: By,
): Promise<void> {
  const meters = await readStallMeters(tx, place.id, at);
  for (const [n, { point }] of given.readings.entries()) {
    const known = meters.some((meter) => meter.point === point);
    if (!known)
      throw unprocessable(`body.readings.${n}.point`, 'no meter serves this point of the stall then', {
        code: 'handover_point',
      });
  }
  const missing = meters.filter(
    ({ point, near }) => near === null && !given.readings.some((reading) => reading.point === point),
  );
  if (missing.length > 0) {
    const errors = missing.map(({ code, serial }) => ({
      path: 'body.readings',
      message: `${code} (${serial})`,
    }));
    const names = errors.map(({ message }) => message).join(', ');
    throw new Problem(
      422,
      `body.readings: a handover needs what each meter shows: give a value for ${names}`,
      { code: 'handover_unread', values: { meters: names } },
      { errors },
    );
  }
  for (const [n, { point, value, photo }] of given.readings.entries()) {
    const registerId = meters.find((meter) => meter.point === point)?.register ?? 0;
    const path = `body.readings.${n}`;
    const photoId = await keepPhotoOf(tx, place.siteId, photo, by, `${path}.photo`);
    const reading = {
      registerId,
      ts: at.getTime(),
      value: baseUnitsOf(value),
      note: given.note,
      photoId,
    } as const;
    const doubt = await enterReading(tx, { ...reading, purpose: 'handover' }, by, isExplained(given));
    refuseDoubt(doubt, given, { value: `${path}.value`, at: 'body.at' });
  }
}

/** Ends a merchant's lease, at an instant that is past, with what its meters showed then. */
export async function endWithReadings(
  tx: Transaction,
  lease: { readonly id: number; readonly site: string; readonly stall: { readonly id: number } | null },
  endsAt: Date,
  given: Given,
  by: By,
): Promise<void> {
  if (lease.stall) {
    await enterHandover(tx, { id: lease.stall.id, siteId: lease.site }, endsAt, given, by);
  }
  await endLease(tx.orm, lease.id, endsAt);
  await recordAction(tx.orm, {
    ...{ siteId: lease.site, at: by.at, actor: by.actor, action: 'lease.end', subject: `lease ${lease.id}` },
    detail: {
      endsAt: endsAt.toISOString(),
      confirmed: given.confirm,
      ...(given.note ? { note: given.note } : {}),
    },
  });
}
