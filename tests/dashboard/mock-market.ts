import type { z } from 'zod';
import type {
  zBillingRun,
  zCommandView,
  zDeadLetter,
  zDevice,
  zFloor,
  zMe,
  zStall,
} from '../../contracts/rest.ts';
import type { zTariff } from '../../contracts/tariffs.ts';
import { DEAD_LETTER_REASONS } from '../../domain/dead-letters.ts';
import type { DeviceKind } from '../../domain/device-profiles.ts';
import type { StallState } from '../../domain/floor.ts';
import type { Role } from '../../domain/permissions.ts';
import { randomNumbers } from '../support/random-numbers.ts';
import { feeLinesOf, type MockFeeLine, TIME_OF_USE, WATER } from './mock-billing.ts';
import { SITE } from './mock-site.ts';

export type MockFloor = z.output<typeof zFloor>;
export type MockStall = Omit<z.output<typeof zStall>, 'occupancy' | 'measuredAt' | 'seenAt' | 'stale'>;
export type MockDevice = z.output<typeof zDevice>;

export const PASSWORD = 'correct-horse';
export const PEOPLE: Readonly<Record<string, z.output<typeof zMe>>> = Object.fromEntries(
  (['operator', 'biller', 'auditor', 'integrator', 'merchant', 'viewer'] as Role[]).map((role) => [
    role,
    { id: `user:${role}`, actor: role, name: NAME_OF(role), role, partyId: role === 'merchant' ? 1 : null },
  ]),
);
function NAME_OF(role: Role): string {
  return {
    operator: '王运营',
    biller: '李会计',
    auditor: '钱审计',
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
  const random = randomNumbers(7);
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
