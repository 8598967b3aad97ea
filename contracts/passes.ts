import { z } from 'zod';
import { PASS_DIRECTIONS } from '../domain/passes.ts';
import { zId, zInstant, zPageQuery } from './rest.ts';

/** A class of vehicle as a tariff names it: `truck_heavy`. */
export const zVehicleClass = z.string().regex(/^[a-z0-9_]{1,32}$/, 'a-z, 0-9 and _, at most 32');
export const zPlate = z
  .string()
  .trim()
  .min(1)
  .max(16)
  .refine((plate) => !/[\p{Cc}\p{Cs}#]/u.test(plate), 'is not a plate');

/** `data` of an event of type `pass` from a gate. What else a gate says of it is kept with the event. */
export const zPassData = z
  .object({
    direction: z.enum(PASS_DIRECTIONS),
    plate: zPlate.optional(),
    class: zVehicleClass,
    ticket: z.string().trim().min(1).max(64).optional(),
  })
  .refine(({ plate, ticket }) => plate !== undefined || ticket !== undefined, {
    path: ['plate'],
    message: 'a pass needs a plate or a ticket',
  });

const zMinor = z.string().regex(/^\d{1,15}$/, 'whole minor units, as text');
const zLocalDate = z.iso.date();
const zParty = z.object({ id: z.number().int(), name: z.string() });

/** What a pass is part of: `open` is an entry that may still go out, `lost` one that should have by now. */
export const PASS_PAIRINGS = ['paired', 'open', 'lost'] as const;

export const zPass = z.object({
  id: z.number().int(),
  at: zInstant,
  direction: z.enum(PASS_DIRECTIONS),
  plate: z.string().nullable(),
  ticket: z.string().nullable(),
  class: z.string(),
  device: z.string(),
  lane: z.string(),
  /** The entry of an exit, the exit of an entry. */
  partnerAt: zInstant.nullable(),
  /** Whole minutes between the two. */
  minutes: z.number().int().nullable(),
  pairing: z.enum(PASS_PAIRINGS),
  /** Who pays for it when it goes out; null: the driver. */
  payer: z.object({ lease: z.number().int(), party: z.string() }).nullable(),
  monthlyPass: z.boolean(),
  /** What the fee lines of this exit come to; null while it is not charged. */
  amount: z.string().nullable(),
  /** What was taken at the gate. */
  collected: z.string().nullable(),
});
export const zPassQuery = zPageQuery.extend({
  site: z.string(),
  from: zInstant.optional(),
  to: zInstant.optional(),
  plate: z.string().max(16).optional(),
  class: zVehicleClass.optional(),
  direction: z.enum(PASS_DIRECTIONS).optional(),
  /** Entries that should have gone out by now, and exits that never came in. */
  lost: z.stringbool().optional(),
});
export const zCollect = z.object({ amount: zMinor.refine((amount) => /[1-9]/.test(amount), 'is nothing') });

export const zPassDay = z.object({
  /** In the site's zone. */
  day: zLocalDate,
  classes: z.array(
    z.object({
      class: z.string(),
      entries: z.number().int(),
      exits: z.number().int(),
      amount: z.string(),
      collected: z.string(),
    }),
  ),
});
export const zPassDayQuery = z.object({ site: z.string(), month: z.string().regex(/^\d{4}-\d{2}$/) });

export const zVehicle = z.object({
  id: z.number().int(),
  plate: z.string(),
  class: z.string(),
  note: z.string().nullable(),
  payer: z
    .object({ lease: z.number().int(), party: zParty, stall: z.string().nullable(), startsAt: zInstant })
    .nullable(),
  /** By time; the last ten. */
  monthlyPasses: z.array(
    z.object({ id: z.number().int(), startsAt: zInstant, endsAt: zInstant, createdBy: z.string() }),
  ),
});
export const zVehicleQuery = zPageQuery.extend({ site: z.string(), plate: z.string().max(16).optional() });
export const zVehicleCreate = z.strictObject({
  site: z.string(),
  plate: zPlate,
  class: zVehicleClass,
  note: z.string().trim().max(200).optional(),
  /** The lease that pays for it; without one the driver does. */
  lease: zId.optional(),
});
export const zVehiclePatch = z
  .strictObject({
    class: zVehicleClass.optional(),
    note: z.string().trim().max(200).nullable().optional(),
    lease: zId.nullable().optional(),
    /** From when another lease pays; now when absent. */
    from: zInstant.optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'says nothing');
/** Local dates, both included. */
export const zMonthlyPassCreate = z.strictObject({ from: zLocalDate, to: zLocalDate });
export const zMonthlyPassEnd = z.strictObject({ to: zLocalDate });

/** Who pays for vehicles that no merchant pays for: the drivers, by this tariff. */
export const zWalkIn = z.object({
  site: z.string(),
  lease: z.number().int().nullable(),
  tariffs: z.array(z.object({ tariff: z.string(), startsAt: zInstant, endsAt: zInstant.nullable() })),
  /** Minor units: what was collected less what was charged. */
  balance: z.string(),
});
export const zWalkInPut = z.strictObject({
  site: z.string(),
  tariff: z.string().max(64),
  startsAt: zInstant,
});
