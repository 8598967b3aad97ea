import { z } from 'zod';
import { RUN_KINDS } from '../domain/billing-runs.ts';
import { COMMAND_STATUS } from '../domain/commands.ts';
import { COMMODITIES, QUANTITY_UNITS } from '../domain/commodities.ts';
import { DEAD_LETTER_REASONS } from '../domain/dead-letters.ts';
import { DEVICE_KINDS } from '../domain/device-profiles.ts';
import { OCCUPANCY } from '../domain/occupancy.ts';
import { CHARGING } from '../domain/parties.ts';
import { ROLES } from '../domain/permissions.ts';
import { READING_QUALITY, READING_SOURCES } from '../domain/readings.ts';
import { SEGMENT, zPointValue } from './mqtt.ts';

/** Instants on the REST wire are ISO 8601 with an offset; on input epoch milliseconds are taken too. */
export const zInstant = z.iso.datetime({ offset: true });
export const zInstantInput = z.union([
  z.iso.datetime({ offset: true }),
  z
    .string()
    .regex(/^\d{12,14}$/)
    .transform((ms) => new Date(Number(ms)).toISOString()),
]);
/** Integers that may pass 2^53 travel as decimal strings. */
export const zIntegerText = z.string().regex(/^-?\d+$/);
export const zDecimalText = z.string().regex(/^-?\d+(\.\d+)?$/);

export const PAGE_ROWS_DEFAULT = 100;
export const PAGE_ROWS_MAX = 1000;
/** `cursor` is opaque: pass `nextCursor` of the page before. */
export const zPageQuery = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_ROWS_MAX).default(PAGE_ROWS_DEFAULT),
});
export const zPage = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

export const zId = z.coerce.number().int().positive();
export const zIdParams = z.object({ id: zId });
export const zDeviceIdParams = z.object({ id: z.string().regex(SEGMENT) });

/** RFC 9457. `errors` names each wrong field. */
export const zProblem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  instance: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  /** Names refusals that a program or a page tells apart; `values` are what its sentence speaks of, instants ISO 8601. */
  code: z.string().optional(),
  values: z.record(z.string(), z.string()).optional(),
});

// ── who am I ──────────────────────────────────────────────────────────────────────────────────────────────
export const zMe = z.object({
  id: z.string(),
  /** How what this caller does is signed: the `proposedBy`, `reviewedBy` … of everything else. */
  actor: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  partyId: z.number().int().nullable(),
});

/** `POST /api/auth/sign-in/username`. Without `rememberMe` false the session outlives the browser. */
export const zSignIn = z.object({
  username: z.string().min(1).max(64),
  password: z.string().min(1).max(128),
  rememberMe: z.boolean().optional(),
});
export const zPasswordChange = z.object({
  currentPassword: z.string().min(1).max(128),
  newPassword: z.string().min(8).max(128),
  /** Also ends the user's other sessions. */
  revokeOtherSessions: z.boolean().optional(),
});

// ── sites, floors, stalls ─────────────────────────────────────────────────────────────────────────────────
export const zSite = z.object({
  id: z.string(),
  name: z.string(),
  timeZone: z.string(),
  currency: z.string(),
});

export const zRect = z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() });
/** In metres; at most as much as one answer can hold. */
export const zPlan = z.object({
  width: z.number(),
  height: z.number(),
  walls: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])).max(20_000),
  labels: z.array(z.object({ x: z.number(), y: z.number(), text: z.string() })).max(2_000),
});
export const zFloor = z.object({
  id: z.number().int(),
  site: z.string(),
  code: z.string(),
  name: z.string(),
  plan: zPlan,
});

export const zFloorQuery = zPageQuery.extend({ site: z.string().optional() });

export const zLeaseSummary = z.object({
  id: z.number().int(),
  party: z.object({ id: z.number().int(), name: z.string(), initials: z.string() }),
  charging: z.enum(CHARGING),
  trade: z.string().nullable(),
  startsAt: zInstant,
  endsAt: zInstant.nullable(),
});
export const zStall = z.object({
  id: z.number().int(),
  site: z.string(),
  floorId: z.number().int(),
  code: z.string(),
  name: z.string(),
  rect: zRect,
  areaM2: zDecimalText.nullable(),
  lease: zLeaseSummary.nullable(),
  occupancy: z.enum(OCCUPANCY),
  measuredAt: zInstant.nullable(),
  seenAt: zInstant.nullable(),
  stale: z.boolean(),
});
/** What the drawer of one stall shows. */
export const zStallDetail = zStall.extend({
  meters: z.array(
    z.object({
      meteringPointId: z.number().int(),
      commodity: z.enum(COMMODITIES),
      deviceId: z.string(),
      serial: z.string(),
      registerId: z.number().int(),
      point: z.string(),
      multiplier: zDecimalText,
      online: z.boolean(),
      lastReading: z.object({ ts: zInstant, value: zIntegerText }).nullable(),
    }),
  ),
  devices: z.array(
    z.object({ id: z.string(), kind: z.enum(DEVICE_KINDS), serial: z.string(), online: z.boolean() }),
  ),
});
export const zStallQuery = zPageQuery.extend({
  site: z.string().optional(),
  floor: z.coerce.number().int().optional(),
  /** Stall code, merchant, or pinyin initials. */
  q: z.string().max(100).optional(),
});

// ── devices ───────────────────────────────────────────────────────────────────────────────────────────────
export const zDeviceCreate = z
  .object({
    site: z.string(),
    serial: z.string().regex(SEGMENT, 'letters, digits, dot, dash and underscore; at most 64'),
    profile: z.string(),
    /** A place's id, or its code in the site. */
    place: z.union([z.number().int(), z.string()]).optional(),
  })
  .meta({
    examples: [{ site: 'south-gate', serial: '210934551', profile: 'electricity-meter', place: 'A-101' }],
  });
export const zDevice = z.object({
  id: z.string(),
  site: z.string(),
  serial: z.string(),
  profile: z.string(),
  profileRevision: z.number().int(),
  kind: z.enum(DEVICE_KINDS),
  place: z.object({ id: z.number().int(), code: z.string() }).nullable(),
  enabled: z.boolean(),
  online: z.boolean(),
  lastSeenAt: zInstant.nullable(),
  measuredAt: zInstant.nullable(),
  firmware: z.string().nullable(),
  /** Silent for more than twice its profile's interval. */
  stale: z.boolean(),
  createdAt: zInstant,
});
/** What to enter into the device. The secret is shown this once. */
export const zDeviceCreated = zDevice.extend({
  secret: z.string(),
  mqtt: z.object({ clientId: z.string(), username: z.string(), topic: z.string() }),
  registers: z.array(z.object({ id: z.number().int(), point: z.string() })),
});
export const zDevicePatch = z.object({ enabled: z.boolean() });
/** No body at all means the defaults. */
export const zSecretRotate = z
  .object({ overlapS: z.number().int().min(0).max(2_592_000).default(86_400) })
  .nullish()
  .transform((body) => body ?? { overlapS: 86_400 });
export const zSecretRotated = zDeviceCreated
  .pick({ secret: true, mqtt: true })
  .extend({ previousUntil: zInstant });
export const zDeviceQuery = zPageQuery.extend({
  site: z.string().optional(),
  kind: z.enum(DEVICE_KINDS).optional(),
  online: z
    .enum(['true', 'false'])
    .transform((v) => v === 'true')
    .optional(),
  q: z.string().max(100).optional(),
});
export const zDeviceDetail = zDevice.extend({
  points: z.array(z.object({ name: z.string(), type: z.string(), unit: z.string().nullable() })),
  commands: z.array(z.string()),
  intervalS: z.number(),
  registers: z.array(z.object({ id: z.number().int(), point: z.string() })),
  latest: z.object({ ts: zInstant, values: z.record(z.string(), zPointValue) }).nullable(),
});
export const zProfile = z.object({
  id: z.string(),
  revision: z.number().int(),
  kind: z.enum(DEVICE_KINDS),
  name: z.object({ zh: z.string(), en: z.string() }),
  intervalS: z.number(),
  points: z.array(z.object({ name: z.string(), type: z.string(), unit: z.string().nullable() })),
});
export const zProfiles = zPage(zProfile);

export const zTelemetryQuery = z.object({
  point: z.string(),
  from: zInstantInput,
  to: zInstantInput,
  /** `30s`, `5m`, `1h` or `1d`: mean over windows of that length. */
  every: z
    .string()
    .regex(/^[1-9]\d{0,4}[smhd]$/, 'a number and s, m, h or d, such as 15m')
    .optional(),
});
export const zTelemetry = z.object({
  point: z.string(),
  unit: z.string().nullable(),
  samples: z.array(z.object({ ts: zInstant, value: zPointValue })),
  /** True when there were more samples than one answer holds: ask for a shorter range or a longer `every`. */
  truncated: z.boolean(),
});

export const zReading = z.object({
  ts: zInstant,
  value: zIntegerText,
  unit: z.string(),
  quality: z.enum(READING_QUALITY),
  source: z.enum(READING_SOURCES),
  receivedAt: zInstant,
});
export const zReadingQuery = zPageQuery.extend({
  from: zInstantInput.optional(),
  to: zInstantInput.optional(),
});

// ── commands, dead letters ────────────────────────────────────────────────────────────────────────────────
export const zCommandCreate = z
  .object({
    op: z.string().min(1).max(64),
    args: z.record(z.string(), z.unknown()).default({}),
    reason: z.string().max(500).optional(),
    expiresInS: z.number().int().min(1).max(86_400).default(30),
  })
  .meta({ examples: [{ op: 'open', reason: 'fire drill', expiresInS: 30 }] });
export const zCommandView = z.object({
  id: z.uuid(),
  device: z.string(),
  op: z.string(),
  args: z.record(z.string(), z.unknown()),
  reason: z.string().nullable(),
  requestedBy: z.string(),
  status: z.enum(COMMAND_STATUS),
  createdAt: zInstant,
  expiresAt: zInstant,
  sentAt: zInstant.nullable(),
  finishedAt: zInstant.nullable(),
  result: z.unknown(),
});

export const zDeadLetter = z.object({
  id: z.number().int(),
  site: z.string(),
  device: z.string(),
  topic: z.string(),
  reason: z.enum(DEAD_LETTER_REASONS),
  detail: z.string(),
  receivedAt: zInstant,
  /** The raw bytes. */
  payloadBase64: z.string(),
});
export const zDeadLetterQuery = zPageQuery.extend({
  site: z.string().optional(),
  device: z.string().optional(),
  reason: z.enum(DEAD_LETTER_REASONS).optional(),
});

// ── billing ───────────────────────────────────────────────────────────────────────────────────────────────
export const zBillingRunCreate = z
  .object({
    site: z.string(),
    /** A month `2026-10` or a day `2026-10-31` in the site's zone. */
    period: z
      .string()
      .regex(
        /^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$/,
        'a month like 2026-10 or a day like 2026-10-31',
      ),
    /** `shadow` posts nothing and says what would be posted. */
    kind: z.enum(['charge', 'shadow']).default('charge'),
  })
  .meta({ examples: [{ site: 'south-gate', period: '2026-10' }] });
export const zBillingRun = z.object({
  id: z.number().int(),
  site: z.string(),
  period: z.string(),
  kind: z.enum(RUN_KINDS),
  status: z.enum(['queued', 'running', 'succeeded', 'failed']),
  requestedBy: z.string(),
  requestedAt: zInstant,
  startedAt: zInstant.nullable(),
  finishedAt: zInstant.nullable(),
  pointsTotal: z.number().int(),
  pointsDone: z.number().int(),
  linesPosted: z.number().int(),
  amountPosted: zIntegerText,
  /** Of a dry run: the run whose totals its own are compared with. */
  comparedRunId: z.number().int().nullable(),
  problems: z.array(z.object({ meteringPointId: z.number().int(), code: z.string(), detail: z.string() })),
  error: z.string().nullable(),
});

export const zFeeLine = z.object({
  id: z.number().int(),
  site: z.string(),
  /** Of its service range. */
  period: z.string(),
  /** Whose bill it is on: its own period's, or once that is closed the next open one's. */
  accountingPeriod: z.string(),
  lease: z.object({ id: z.number().int(), party: z.string(), stall: z.string().nullable() }),
  meteringPoint: z.object({ id: z.number().int(), code: z.string() }),
  commodity: z.enum(COMMODITIES),
  serviceFrom: zInstant,
  serviceTo: zInstant,
  /** Of a stay at a gate: when the vehicle left. Null of everything else. */
  passedAt: zInstant.nullable(),
  tariff: z.object({ code: z.string(), name: z.string(), version: z.number().int() }),
  component: z.string(),
  band: z.string(),
  sequence: z.number().int(),
  /** In `unit`s. */
  quantity: zIntegerText,
  unit: z.enum(QUANTITY_UNITS),
  /** Currency units per kWh or m³. */
  unitPrice: zDecimalText,
  /** Minor units of the currency. */
  amount: zIntegerText,
  currency: z.string(),
  kind: z.enum(['original', 'adjustment', 'reversal']),
  correctsId: z.number().int().nullable(),
  postedAt: zInstant,
});
export const zFeeLineQuery = zPageQuery.extend({
  site: z.string().optional(),
  period: z.string().optional(),
  lease: z.coerce.number().int().optional(),
  stall: z.string().optional(),
  commodity: z.enum(COMMODITIES).optional(),
});
