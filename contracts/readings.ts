import { z } from 'zod';
import { COMMODITIES } from '../domain/commodities.ts';
import { CHARGING } from '../domain/parties.ts';
import { MANUAL_PURPOSES, PHOTO_BYTES_MAX } from '../domain/readings.ts';
import { zNote } from './cases.ts';
import { zDecimalText, zInstant, zInstantInput, zIntegerText, zPageQuery, zReading } from './rest.ts';
import { zLeaseTariffCreate, zStartInstant } from './setup.ts';

/** What a dial shows, in kWh or m³. */
export const zDial = z
  .string()
  .regex(/^\d{1,12}(\.\d{1,3})?$/, 'what the dial shows, in kWh or m³ with at most 3 decimals, as text');
const zMultiplier = z.string().regex(/^\d{1,8}(\.\d{1,4})?$/, 'a ratio with at most 4 decimals, as text');
/** A JPEG, PNG or WebP picture of at most 3 MiB, in base64. */
export const zPhotoInput = z
  .string()
  .max(Math.ceil(PHOTO_BYTES_MAX / 3) * 4, 'a picture of at most 3 MiB')
  .regex(/^[A-Za-z0-9+/]+={0,2}$/, 'a picture in base64');
/**
 * Without it a doubtful value is answered with 422 on `body.confirm`; with it, and a note that says why, the person
 * vouches for the value.
 */
const zConfirm = z.boolean().default(false);
const zWhy = zNote.optional();

export const zManualReading = z
  .object({
    ts: zStartInstant,
    value: zDial,
    note: zWhy,
    photo: zPhotoInput.optional(),
    confirm: zConfirm,
  })
  .meta({ examples: [{ ts: '2026-11-01T09:30:00+08:00', value: '1234.5', note: '表计离线，人工抄表' }] });

const zPlaced = z.object({ id: z.number().int(), code: z.string() });
/** A register as whoever judges its readings needs it; the metering point is the one it served at the instant. */
export const zRegister = z.object({
  id: z.number().int(),
  site: z.string(),
  device: z.object({ id: z.string(), serial: z.string() }),
  point: z.string(),
  commodity: z.enum(COMMODITIES),
  /** Base units at which the dial wraps to zero. */
  modulus: zIntegerText,
  meteringPoint: z
    .object({
      id: z.number().int(),
      code: z.string(),
      stall: zPlaced.nullable(),
      /** Base units an hour at most. */
      maxRate: zIntegerText,
      multiplier: zDecimalText,
    })
    .nullable(),
});
export const zAroundQuery = z.object({
  ts: zInstantInput,
  limit: z.coerce.number().int().min(1).max(100).default(6),
});
export const zReadingsAround = z.object({
  register: zRegister,
  /** In order of time: up to `limit` before the instant, at it, and up to `limit` after it. Of every quality. */
  readings: z.array(zReading),
  /** Other values that came for the instant. */
  conflicts: z.array(
    z.object({
      value: zIntegerText,
      receivedAt: zInstant,
      decidedAt: zInstant.nullable(),
      decidedBy: z.string().nullable(),
    }),
  ),
  /** The one of these values that fits to the good readings on both sides; null when none or several do. */
  suggestion: zIntegerText.nullable(),
  /** Base units a day that the register counted lately (up to 28 days); null without history. */
  usualADay: zIntegerText.nullable(),
});

// ── decisions of cases ────────────────────────────────────────────────────────────────────────────────────
/** The value that stands, in base units: one of those that came, or another one that a person read. */
export const zConflictDecision = z.object({ value: zIntegerText, confirm: zConfirm, note: zWhy });

export const zRefusedDecision = z.discriminatedUnion('decision', [
  /** The reading is right. Less than before is then a rollover. */
  z.object({ decision: z.literal('accept'), note: zWhy }),
  z.object({ decision: z.literal('reject'), note: zWhy }),
  /** The meter was exchanged, or its register set anew: from `at` on it counts from `startValue`. */
  z.object({
    decision: z.literal('exchange'),
    at: zStartInstant,
    endValue: zDial,
    startValue: zDial,
    note: zWhy,
  }),
  /** The supply can deliver more: base units an hour. */
  z.object({
    decision: z.literal('max_rate'),
    maxRate: z.number().int().positive().max(1_000_000_000_000),
    note: zWhy,
  }),
  /** The refused readings are rejected, and this is what the dial showed. */
  z.object({
    decision: z.literal('manual'),
    ts: zStartInstant,
    value: zDial,
    photo: zPhotoInput.optional(),
    confirm: zConfirm,
    note: zWhy,
  }),
]);

/** Readings of the device that wait, from `from` on and before `to`. */
export const zClockDecision = z.discriminatedUnion('decision', [
  z.object({ decision: z.literal('accept'), from: zStartInstant, to: zStartInstant, note: zWhy }),
  z.object({ decision: z.literal('reject'), from: zStartInstant, to: zStartInstant, note: zWhy }),
  /** Each is moved by `offsetMs` (negative: earlier), as what the clock should have said. */
  z.object({
    decision: z.literal('shift'),
    from: zStartInstant,
    to: zStartInstant,
    offsetMs: z.number().int().min(-31_536_000_000).max(31_536_000_000),
    note: zWhy,
  }),
]);
/** What waits of a device whose clock ran ahead. */
export const zClockAhead = z.object({
  count: z.number().int(),
  from: zInstant.nullable(),
  to: zInstant.nullable(),
  /** The newest, newest first, with when they really came. */
  newest: z.array(zReading.extend({ register: z.number().int(), point: z.string() })),
});

// ── metering points ───────────────────────────────────────────────────────────────────────────────────────
export const zExchange = z
  .object({
    at: zStartInstant,
    /** What the old register showed when it was taken out. */
    endValue: zDial,
    /** The register that counts from `at` on; the same one where only its count was set anew. */
    register: z.number().int().positive(),
    startValue: zDial,
    /** CT × PT ratio; without it the old one's. */
    multiplier: zMultiplier.optional(),
    photo: zPhotoInput.optional(),
    note: zWhy,
    confirm: zConfirm,
  })
  .meta({
    examples: [
      { at: '2026-11-10T09:00:00+08:00', endValue: '8123.4', register: 42, startValue: '0', multiplier: '1' },
    ],
  });
export const zMultiplierChange = z
  .object({ at: zStartInstant, value: zDial, multiplier: zMultiplier, note: zWhy, confirm: zConfirm })
  .meta({ examples: [{ at: '2026-11-10T09:00:00+08:00', value: '8123.4', multiplier: '40' }] });

export const zMeteringPointView = z.object({
  id: z.number().int(),
  site: z.string(),
  code: z.string(),
  commodity: z.enum(COMMODITIES),
  stall: zPlaced.nullable(),
  maxRate: zIntegerText,
});
export const HISTORY_KINDS = ['installed', 'removed', 'manual', 'action'] as const;
/** What happened at a metering point, newest first. Values are in base units. */
export const zPointHistory = z.object({
  point: zMeteringPointView,
  entries: z.array(
    z.object({
      kind: z.enum(HISTORY_KINDS),
      at: zInstant,
      register: z.number().int().nullable(),
      serial: z.string().nullable(),
      value: zIntegerText.nullable(),
      multiplier: zDecimalText.nullable(),
      purpose: z.enum(MANUAL_PURPOSES).nullable(),
      photo: z.number().int().nullable(),
      movedFrom: zInstant.nullable(),
      actor: z.string().nullable(),
      action: z.string().nullable(),
      note: z.string().nullable(),
      /** The month of the site that it lies in, for its fee lines. */
      period: z.string(),
    }),
  ),
  nextCursor: z.string().nullable(),
});
export const zHistoryQuery = zPageQuery;

// ── handover ──────────────────────────────────────────────────────────────────────────────────────────────
const zHandoverReading = z.object({
  /** The metering point. */
  point: z.number().int().positive(),
  value: zDial,
  photo: zPhotoInput.optional(),
});
export const zLeaseEnd = z.object({
  at: zStartInstant,
  readings: z.array(zHandoverReading).max(20).default([]),
  note: zWhy,
  confirm: zConfirm,
});
/** Who leases the stall from the handover on; without it the house pays. */
export const zHandover = zLeaseEnd
  .extend({
    newLease: z
      .object({
        party: z.number().int().positive(),
        charging: z.enum(CHARGING).default('postpaid'),
        trade: z.string().max(100).optional(),
        endsAt: zStartInstant.optional(),
        tariffs: z
          .array(zLeaseTariffCreate.omit({ startsAt: true }))
          .max(20)
          .default([]),
      })
      .optional(),
  })
  .meta({
    examples: [
      {
        at: '2026-11-15T10:00:00+08:00',
        readings: [{ point: 7, value: '1234.5' }],
        newLease: { party: 12, tariffs: [{ commodity: 'electricity', tariff: 'commercial' }] },
      },
    ],
  });
export const zHandoverQuery = z.object({ at: zInstantInput });
export const zHandoverState = z.object({
  stall: zPlaced,
  /** Each meter of the stall, and the good reading nearest to the instant if one lies within 15 minutes of it. */
  meters: z.array(
    z.object({
      point: z.number().int(),
      code: z.string(),
      commodity: z.enum(COMMODITIES),
      register: z.number().int(),
      serial: z.string(),
      lastReading: z.object({ ts: zInstant, value: zIntegerText }).nullable(),
      near: z.object({ ts: zInstant, value: zIntegerText }).nullable(),
    }),
  ),
});
