import { z } from 'zod';
import { COMMODITIES } from '../domain/commodities.ts';
import { CHARGING, LEASE_KINDS, PARTY_KINDS } from '../domain/parties.ts';
import { ROLES } from '../domain/permissions.ts';
import { PLACE_KINDS } from '../domain/places.ts';
import { zNote } from './cases.ts';
import { zDecimalText, zInstant, zIntegerText, zPageQuery, zPlan, zRect } from './rest.ts';

/** REST for setting an installation up: sites, places, parties, leases, meters' installations, people and keys. */

const zName = z.string().trim().min(1).max(200);
const zCode = z.string().trim().min(1).max(64);
export const zStartInstant = z.iso.datetime({ offset: true });

export const zSiteCreate = z
  .object({
    id: z.string().regex(/^[A-Za-z0-9_.-]{1,32}$/, 'letters, digits, dot, dash and underscore; at most 32'),
    name: zName,
    /** IANA, e.g. `Asia/Shanghai`: days and periods are cut in it. */
    timeZone: z.string().max(64),
    /** ISO 4217. */
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'three letters such as CNY')
      .default('CNY'),
  })
  .meta({ examples: [{ id: 'south-gate', name: '南门市场', timeZone: 'Asia/Shanghai', currency: 'CNY' }] });

/** A place of a site by its id or its code. */
export const zPlaceRef = z.union([z.number().int().positive(), zCode]);
export const zPlaceCreate = z
  .object({
    site: z.string(),
    kind: z.enum(PLACE_KINDS),
    code: zCode,
    name: zName.optional(),
    parent: zPlaceRef.optional(),
    /** Where a stall lies on its floor, in metres. */
    rect: zRect.optional(),
    /** What a floor looks like, in metres. */
    plan: zPlan.optional(),
    areaM2: z
      .string()
      .regex(/^\d{1,8}(\.\d{1,2})?$/, 'square metres with at most 2 decimals, as text')
      .optional(),
  })
  .meta({
    examples: [
      {
        site: 'south-gate',
        kind: 'stall',
        code: 'A-101',
        parent: 'F1',
        rect: { x: 4, y: 8, w: 3, h: 2.5 },
        areaM2: '7.50',
      },
    ],
  });
export const zPlace = z.object({
  id: z.number().int(),
  site: z.string(),
  kind: z.enum(PLACE_KINDS),
  code: z.string(),
  name: z.string(),
  parentId: z.number().int().nullable(),
  rect: zRect.nullable(),
  areaM2: zDecimalText.nullable(),
});
export const zPlaceQuery = zPageQuery.extend({ site: z.string().optional(), kind: z.enum(PLACE_KINDS) });

export const zPartyCreate = z.object({
  kind: z.enum(PARTY_KINDS).default('merchant'),
  name: zName,
  /** Pinyin initials of the name for search, e.g. `zjsc`. */
  initials: z
    .string()
    .regex(/^[a-z0-9]{0,32}$/, 'lower-case letters and digits')
    .default(''),
  phone: z.string().max(32).optional(),
});
export const zParty = z.object({
  id: z.number().int(),
  kind: z.enum(PARTY_KINDS),
  name: z.string(),
  initials: z.string(),
  phone: z.string().nullable(),
});
export const zPartyQuery = zPageQuery.extend({
  q: z.string().max(100).optional(),
  kind: z.enum(PARTY_KINDS).optional(),
});

export const zLeaseTariffCreate = z.object({
  commodity: z.enum(COMMODITIES),
  /** The tariff's code in the site. */
  tariff: z.string(),
  startsAt: zStartInstant.optional(),
});

export const ASSIGN_LEASES_MAX = 5_000;
/** From `startsAt` on these leases pay the tariff, for the commodity that it prices. */
export const zLeaseTariffAssign = z
  .object({
    site: z.string(),
    /** The tariff's code in the site. */
    tariff: z.string(),
    startsAt: zStartInstant,
    leases: z.array(z.number().int().positive()).min(1).max(ASSIGN_LEASES_MAX),
    /** Only says what would be. */
    dryRun: z.boolean().default(false),
  })
  .meta({
    examples: [
      {
        site: 'south-gate',
        tariff: 'TOU-5',
        startsAt: '2026-12-01T00:00:00+08:00',
        leases: [12, 13],
        dryRun: true,
      },
    ],
  });
export const zLeaseTariffAssigned = z.object({
  changed: z.number().int(),
  unchanged: z.number().int(),
  refused: z.number().int(),
  leases: z.array(
    z.object({
      lease: z.number().int(),
      outcome: z.enum(['changed', 'unchanged', 'refused']),
      /** The tariff that it pays at that instant. */
      was: z.string().nullable(),
      startsAt: zInstant.nullable(),
      /** Up to the lease's end, or to a change that was arranged before. */
      endsAt: zInstant.nullable(),
      reason: z.enum(['no_such_lease', 'lease_over', 'period_closed']).nullable(),
      /** The first instant that is not closed, where that is the reason. */
      earliest: zInstant.nullable(),
    }),
  ),
});
export const zLeaseCreate = z
  .object({
    site: z.string(),
    stall: zPlaceRef,
    party: z.number().int().positive(),
    charging: z.enum(CHARGING).default('postpaid'),
    trade: z.string().max(100).optional(),
    startsAt: zStartInstant,
    endsAt: zStartInstant.optional(),
    /** From the lease's start unless they say otherwise. */
    tariffs: z.array(zLeaseTariffCreate).max(20).default([]),
  })
  .meta({
    examples: [
      {
        site: 'south-gate',
        stall: 'A-101',
        party: 12,
        charging: 'postpaid',
        trade: '水产',
        startsAt: '2026-11-01T00:00:00+08:00',
        tariffs: [{ commodity: 'electricity', tariff: 'commercial' }],
      },
    ],
  });
export const zLeasePatch = z.object({ endsAt: zStartInstant });
export const zLease = z.object({
  id: z.number().int(),
  site: z.string(),
  kind: z.enum(LEASE_KINDS),
  stall: z.object({ id: z.number().int(), code: z.string() }).nullable(),
  party: z.object({ id: z.number().int(), name: z.string() }),
  charging: z.enum(CHARGING),
  trade: z.string().nullable(),
  startsAt: zInstant,
  endsAt: zInstant.nullable(),
  tariffs: z.array(
    z.object({
      commodity: z.enum(COMMODITIES),
      tariff: z.string(),
      startsAt: zInstant,
      endsAt: zInstant.nullable(),
    }),
  ),
});
export const zLeaseQuery = zPageQuery.extend({
  site: z.string().optional(),
  /** Part of the stall's code, or of the merchant's name or initials. */
  q: z.string().max(100).optional(),
  stall: z.coerce.number().int().optional(),
});

/** From `startsAt` on, what the register counts is what the stall (without one: the house) uses. */
export const zInstallationCreate = z
  .object({
    register: z.number().int().positive(),
    /** The metering point's code; without one it is the stall's (or site's) point for the commodity, made if there is none. */
    point: zCode.optional(),
    stall: zPlaceRef.optional(),
    startsAt: zStartInstant,
    /** What the register showed at `startsAt`, in base units (Wh, L). */
    startValue: zIntegerText,
    /** CT × PT ratio (倍率). */
    multiplier: z
      .string()
      .regex(/^\d{1,8}(\.\d{1,4})?$/, 'a ratio with at most 4 decimals, as text')
      .default('1'),
    /** For a metering point that is made: the code of the main meter's point that it lies behind. A main is not charged. */
    main: zCode.optional(),
    /** For a metering point that is made: base units an hour that its supply can deliver at most. */
    maxRate: z.number().int().positive().optional(),
  })
  .meta({
    examples: [
      {
        register: 17,
        stall: 'A-101',
        startsAt: '2026-11-01T00:00:00+08:00',
        startValue: '123450',
        multiplier: '40',
      },
    ],
  });
export const zInstallationEnd = z.object({
  endsAt: zStartInstant,
  /** What the register showed at `endsAt`, in base units. */
  endValue: zIntegerText,
  /** Of a value that does not fit to the last reading: it is right, and the note says why. */
  confirm: z.boolean().default(false),
  note: zNote.optional(),
});
export const zInstallation = z.object({
  id: z.number().int(),
  register: z.number().int(),
  meteringPoint: z.object({
    id: z.number().int(),
    code: z.string(),
    commodity: z.enum(COMMODITIES),
    placeId: z.number().int().nullable(),
  }),
  startsAt: zInstant,
  startValue: zIntegerText,
  endsAt: zInstant.nullable(),
  endValue: zIntegerText.nullable(),
  multiplier: zDecimalText,
});

export const zUserCreate = z
  .object({
    username: z
      .string()
      .regex(/^[a-zA-Z0-9_.-]{3,30}$/, '3 to 30 letters, digits, dots, dashes and underscores'),
    password: z.string().min(8).max(128),
    name: zName,
    role: z.enum(ROLES),
    /** Needed by a merchant: whose leases they see. */
    partyId: z.number().int().positive().optional(),
  })
  .meta({
    examples: [{ username: 'li.na', password: 'correct horse battery', name: '李娜', role: 'biller' }],
  });
export const zUserPatch = z.object({ disabled: z.boolean() });
export const zUser = z.object({
  id: z.string(),
  username: z.string().nullable(),
  name: z.string(),
  role: z.enum(ROLES),
  partyId: z.number().int().nullable(),
  disabled: z.boolean(),
  createdAt: zInstant,
});

export const zApiKeyCreate = z.object({
  name: zName,
  role: z.enum(ROLES),
  partyId: z.number().int().positive().optional(),
  expiresAt: zStartInstant.optional(),
});
export const zApiKey = z.object({
  id: z.number().int(),
  name: z.string(),
  /** The key's first characters. */
  prefix: z.string(),
  role: z.enum(ROLES),
  partyId: z.number().int().nullable(),
  createdBy: z.string(),
  createdAt: zInstant,
  expiresAt: zInstant.nullable(),
  revokedAt: zInstant.nullable(),
});
/** The key is shown this once: `Authorization: Bearer …`. */
export const zApiKeyCreated = zApiKey.extend({ key: z.string() });
