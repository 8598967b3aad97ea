import type { z } from 'zod';
import type { zFeeLineDetail } from '../../contracts/fee-lines.ts';
import type {
  zBillingRun,
  zCommandView,
  zDeadLetter,
  zDevice,
  zFloor,
  zMe,
  zSite,
  zStall,
} from '../../contracts/rest.ts';
import type { zTariff } from '../../contracts/tariffs.ts';
import { BUILT_IN_PROFILES } from '../../domain/built-in-profiles.ts';
import { DEAD_LETTER_REASONS } from '../../domain/dead-letters.ts';
import type { DeviceKind } from '../../domain/device-profiles.ts';
import type { StallState } from '../../domain/floor.ts';
import type { Role } from '../../domain/permissions.ts';

export type MockFloor = z.output<typeof zFloor>;
export type MockStall = Omit<z.output<typeof zStall>, 'occupancy' | 'measuredAt' | 'seenAt' | 'stale'>;
export type MockDevice = z.output<typeof zDevice>;
export type MockFeeLine = z.output<typeof zFeeLineDetail>;

export const SITE: z.output<typeof zSite> = {
  id: 'xinfadi',
  name: '江南农产品批发市场（一期）',
  timeZone: 'Asia/Shanghai',
  currency: 'CNY',
};
export const PASSWORD = 'correct-horse';
export const PEOPLE: Readonly<Record<string, z.output<typeof zMe>>> = Object.fromEntries(
  (['operator', 'biller', 'integrator', 'merchant', 'viewer'] as Role[]).map((role) => [
    role,
    { id: `user:${role}`, name: NAME_OF(role), role, partyId: role === 'merchant' ? 1 : null },
  ]),
);
function NAME_OF(role: Role): string {
  return {
    operator: '王运营',
    biller: '李会计',
    integrator: '赵集成',
    merchant: '张三蔬菜',
    viewer: '陈访客',
  }[role];
}

const SURNAMES = [
  ['张', 'Z'],
  ['王', 'W'],
  ['李', 'L'],
  ['赵', 'Z'],
  ['刘', 'L'],
  ['陈', 'C'],
  ['杨', 'Y'],
  ['黄', 'H'],
  ['周', 'Z'],
  ['吴', 'W'],
] as const;
const GIVEN = [
  ['三', 'S'],
  ['记', 'J'],
  ['大福', 'DF'],
  ['兴旺', 'XW'],
  ['海', 'H'],
  ['春华', 'CH'],
  ['顺达', 'SD'],
] as const;
const TRADES = [
  ['蔬菜', 'SC'],
  ['水果', 'SG'],
  ['水产', 'SC'],
  ['干货', 'GH'],
  ['粮油', 'LY'],
  ['豆制品', 'DZP'],
] as const;

const AISLE_M = 4;
const STALL_W = 4;
const STALL_H = 3.2;

/** A random number generator with a seed (mulberry32): the same market every time. */
export function seeded(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export interface Market {
  readonly floors: MockFloor[];
  readonly stalls: MockStall[];
  readonly states: Map<number, StallState>;
  readonly devices: MockDevice[];
  readonly deadLetters: z.output<typeof zDeadLetter>[];
  readonly feeLines: MockFeeLine[];
  readonly runs: z.output<typeof zBillingRun>[];
  readonly commands: z.output<typeof zCommandView>[];
  readonly tariffs: z.output<typeof zTariff>[];
  readonly period: string;
}

/** Rows of stalls in pairs back to back, with lanes between the pairs. */
export function createMarket(options: { floors: number; stallsPerFloor: number; now: number }): Market {
  const random = seeded(7);
  const { now } = options;
  const floors: MockFloor[] = [];
  const stalls: MockStall[] = [];
  const states = new Map<number, StallState>();
  const devices: MockDevice[] = [];
  const columns = Math.ceil(Math.sqrt(options.stallsPerFloor * 1.7));
  const rows = Math.ceil(options.stallsPerFloor / columns);
  const width = columns * STALL_W + 2 * AISLE_M + AISLE_M;
  const height = rows * STALL_H + (Math.ceil(rows / 2) + 1) * AISLE_M;
  const at = new Date(now - 90 * 86_400_000).toISOString();

  const device = (
    kind: DeviceKind,
    profile: string,
    serial: string,
    place: MockDevice['place'],
    seen: number,
  ) => {
    devices.push({
      id: serial,
      site: SITE.id,
      serial,
      profile,
      profileRevision: 1,
      kind,
      place,
      enabled: true,
      online: now - seen < 120_000,
      lastSeenAt: new Date(seen).toISOString(),
      measuredAt: new Date(seen).toISOString(),
      firmware: '2.4.1',
      stale: now - seen > 120_000,
      createdAt: at,
    });
  };

  for (let f = 1; f <= options.floors; f++) {
    const labels: MockFloor['plan']['labels'] = [];
    for (let lane = 0; lane <= Math.ceil(rows / 2); lane++) {
      const y = lane * (2 * STALL_H + AISLE_M) + AISLE_M / 2;
      if (y < height) labels.push({ x: width / 2, y, text: `${'ABCDEFGHJKLMN'[lane % 13]} 通道` });
    }
    const gap = width / 2;
    floors.push({
      id: f,
      site: SITE.id,
      code: `${f}F`,
      name: `${f} 层`,
      plan: {
        width,
        height,
        walls: [
          [gap - 3, 0.15, gap - 3, 1.5],
          [gap + 3, 0.15, gap + 3, 1.5],
        ],
        labels,
      },
    });
    for (let n = 0; n < options.stallsPerFloor; n++) {
      const id = f * 10_000 + n + 1;
      const row = Math.floor(n / columns);
      const column = n % columns;
      const code = `${f}${'ABCDEFGHJKLMNPQRSTUVWXYZ'[row % 24]}-${String(column + 1).padStart(2, '0')}`;
      const leased = random() < 0.8;
      const surname = SURNAMES[Math.floor(random() * SURNAMES.length)] ?? SURNAMES[0];
      const given = GIVEN[Math.floor(random() * GIVEN.length)] ?? GIVEN[0];
      const trade = TRADES[Math.floor(random() * TRADES.length)] ?? TRADES[0];
      const middle = column >= columns / 2 ? AISLE_M : 0;
      stalls.push({
        id,
        site: SITE.id,
        floorId: f,
        code,
        name: code,
        rect: {
          x: AISLE_M + column * STALL_W + middle,
          y: AISLE_M + row * STALL_H + Math.floor(row / 2) * AISLE_M,
          w: STALL_W,
          h: STALL_H,
        },
        areaM2: '12.80',
        lease: leased
          ? {
              id,
              party: {
                id,
                name: surname[0] + given[0] + trade[0],
                initials: surname[1] + given[1] + trade[1],
              },
              charging: random() < 0.5 ? 'prepaid' : 'postpaid',
              trade: trade[0],
              startsAt: at,
              endsAt: null,
            }
          : null,
      });
      const luck = random();
      const seen =
        luck < 0.04 ? now - 600_000 - Math.floor(random() * 3_600_000) : now - Math.floor(random() * 50_000);
      const unknown = luck > 0.985;
      states.set(id, {
        id,
        occupancy: unknown ? 'unknown' : random() < (leased ? 0.72 : 0.05) ? 'occupied' : 'vacant',
        leased,
        measuredAt: unknown ? null : seen - 1000,
        seenAt: unknown ? null : seen,
      });
      if (options.stallsPerFloor <= 400) {
        const place = { id, code };
        device(
          'electricity_meter',
          'electricity-meter',
          `EM-${code}`,
          place,
          now - Math.floor(random() * 50_000),
        );
        if (n % 3 === 0) device('water_meter', 'water-meter', `WM-${code}`, place, now - 4 * 3_600_000);
        device('stall_sensor', 'stall-sensor', `SS-${code}`, place, seen);
      }
    }
  }
  device('gate', 'gate', 'GATE-1', { id: 9001, code: 'GATE-IN' }, now - 20_000);
  device('gate', 'gate', 'GATE-2', { id: 9002, code: 'GATE-OUT' }, now - 86_400_000);
  const period = new Date(now - 31 * 86_400_000).toISOString().slice(0, 7);
  return {
    floors,
    stalls,
    states,
    devices,
    deadLetters: deadLettersOf(now),
    feeLines: feeLinesOf(stalls.slice(0, 130), period),
    runs: [],
    commands: [],
    tariffs: [TIME_OF_USE, WATER],
    period,
  };
}

function deadLettersOf(now: number): Market['deadLetters'] {
  const payloads = [
    '{"ts":17648064',
    '{"values":[1]}',
    '{"ts":"yesterday","values":{}}',
    '{"values":{"pwr":3}}',
    '\u0001\u00ff\u0002',
  ];
  return Array.from({ length: 60 }, (_, i) => ({
    id: 1000 - i,
    site: SITE.id,
    device: `EM-1A-${String((i % 20) + 1).padStart(2, '0')}`,
    topic: `v1/${SITE.id}/EM-1A-${String((i % 20) + 1).padStart(2, '0')}/up`,
    reason: DEAD_LETTER_REASONS[i % DEAD_LETTER_REASONS.length] ?? 'internal',
    detail: `values.power: sample ${i}`,
    receivedAt: new Date(now - i * 137_000).toISOString(),
    payloadBase64: Buffer.from(payloads[i % payloads.length] ?? '', 'latin1').toString('base64'),
  }));
}

const BANDS = [
  ['峰', '1.1285', 412_345n],
  ['平', '0.7025', 598_001n],
  ['谷', '0.3218', 207_654n],
] as const;

function feeLinesOf(stalls: readonly MockStall[], period: string): MockFeeLine[] {
  const from = `${period}-01T00:00:00+08:00`;
  const next = new Date(Date.parse(from) + 31 * 86_400_000);
  const to = next.toISOString();
  return stalls.flatMap((stall, s) => {
    const { lease } = stall;
    if (lease === null) return [];
    return BANDS.map(([band, unitPrice, base], b): MockFeeLine => {
      const quantity = base + BigInt(s * 1234);
      const exact = quantity * BigInt(unitPrice.replace('.', ''));
      const unrounded = `${exact / 10_000_000n}.${String(exact % 10_000_000n).padStart(7, '0')}`;
      const amount = (exact + 50_000n) / 100_000n;
      const mark = (ts: string, value: bigint) => ({
        kind: 'reading' as const,
        installationId: stall.id,
        registerId: stall.id,
        deviceId: `EM-${stall.code}`,
        serial: `EM-${stall.code}`,
        point: 'energy_import',
        ts,
        value: String(value),
        multiplier: '1.0000',
      });
      const total = BANDS.reduce((sum, one) => sum + one[2] + BigInt(s * 1234), 0n);
      const start = 98_765_432n;
      return {
        id: 5000 + s * 3 + b,
        site: SITE.id,
        period,
        lease: { id: lease.id, party: lease.party.name, stall: stall.code },
        meteringPointId: stall.id,
        commodity: 'electricity',
        serviceFrom: from,
        serviceTo: to,
        tariff: { code: 'E-TOU', name: '一般工商业分时', version: 2 },
        component: 'energy',
        band,
        sequence: 0,
        quantity: String(quantity),
        unit: 'Wh',
        unitPrice,
        amount: String(amount),
        currency: 'CNY',
        kind: 'original',
        correctsId: null,
        postedAt: to,
        inputHash: 'a3f1'.repeat(16),
        evidence: {
          kind: 'usage',
          timeZone: SITE.timeZone,
          from: {
            at: from,
            value: '0',
            method: 'measured',
            before: mark(from, start),
            after: mark(from, start),
          },
          to: {
            at: to,
            value: String(total),
            method: 'interpolated',
            before: mark(new Date(next.getTime() - 1_800_000).toISOString(), start + total - 500n),
            after: mark(new Date(next.getTime() + 1_800_000).toISOString(), start + total + 500n),
          },
          total: String(total),
          segments: [
            {
              installationId: stall.id,
              registerId: stall.id,
              deviceId: `EM-${stall.code}`,
              serial: `EM-${stall.code}`,
              point: 'energy_import',
              multiplier: '1.0000',
              from,
              to,
              startValue: String(start),
              endValue: String(start + total),
              wraps: 0,
              modulus: '1000000000',
              quantity: String(total),
            },
          ],
          intervals: { count: 62, sha256: 'c0ff'.repeat(16), list: intervalsOf(from, quantity) },
          tariff: { code: 'E-TOU', name: '一般工商业分时', version: 2, effectiveFrom: from },
          arithmetic: {
            quantity: String(quantity),
            unit: 'Wh',
            per: 1000,
            priceUnit: 'kWh',
            unitPrice,
            unrounded,
            rounding: { stage: 'line', mode: 'half_up', quantum: '0.01' },
            amount: String(amount),
            currency: 'CNY',
            digits: 2,
            posted: { quantity: '0', amount: '0' },
          },
        },
      };
    });
  });
}

function intervalsOf(from: string, quantity: bigint) {
  const each = quantity / 31n;
  return Array.from({ length: 31 }, (_, day) => ({
    from: new Date(Date.parse(from) + day * 86_400_000 + 8 * 3_600_000).toISOString(),
    to: new Date(Date.parse(from) + day * 86_400_000 + 11 * 3_600_000).toISOString(),
    quantity: String(day === 30 ? quantity - each * 30n : each),
  }));
}

const TIME_OF_USE: Market['tariffs'][number] = {
  id: 1,
  site: SITE.id,
  code: 'E-TOU',
  name: '一般工商业分时',
  commodity: 'electricity',
  versions: [1, 2].map((version) => ({
    id: version,
    version,
    effectiveFrom: `202${4 + version}-01-01T00:00:00+08:00`,
    definition: {
      components: [
        {
          code: 'energy',
          name: { zh: '电度电费', en: 'Energy charge' },
          price: {
            kind: 'time_of_use' as const,
            bands: [
              { code: '峰', name: { zh: '峰', en: 'Peak' }, unitPrice: '1.1285' },
              { code: '平', name: { zh: '平', en: 'Shoulder' }, unitPrice: '0.7025' },
              { code: '谷', name: { zh: '谷', en: 'Off-peak' }, unitPrice: '0.3218' },
            ],
            calendar: {
              schedules: {
                all: [
                  { from: '00:00', to: '07:00', band: '谷' },
                  { from: '07:00', to: '10:00', band: '平' },
                  { from: '10:00', to: '15:00', band: '峰' },
                  { from: '15:00', to: '18:00', band: '平' },
                  { from: '18:00', to: '21:00', band: '峰' },
                  { from: '21:00', to: '23:00', band: '平' },
                  { from: '23:00', to: '24:00', band: '谷' },
                ],
              },
              days: [{ schedule: 'all' }],
            },
          },
        },
      ],
    },
  })),
};
const WATER: Market['tariffs'][number] = {
  id: 2,
  site: SITE.id,
  code: 'W-FLAT',
  name: '非居民用水',
  commodity: 'water',
  versions: [
    {
      id: 3,
      version: 1,
      effectiveFrom: '2025-01-01T00:00:00+08:00',
      definition: {
        components: [
          { code: 'water', name: { zh: '水费', en: 'Water' }, price: { kind: 'flat', unitPrice: '9.5' } },
        ],
      },
    },
  ],
};

export const PROFILES = BUILT_IN_PROFILES;
