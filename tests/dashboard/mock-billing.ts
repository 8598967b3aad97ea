import type { z } from 'zod';
import type { zFeeLineDetail } from '../../contracts/fee-lines.ts';
import type { zTariff } from '../../contracts/tariffs.ts';
import type { MockStall } from './mock-market.ts';
import { SITE } from './mock-site.ts';

export type MockFeeLine = z.output<typeof zFeeLineDetail>;
type MockTariff = z.output<typeof zTariff>;

const BANDS = [
  ['峰', '1.1285', 412_345n],
  ['平', '0.7025', 598_001n],
  ['谷', '0.3218', 207_654n],
] as const;

export function feeLinesOf(stalls: readonly MockStall[], period: string): MockFeeLine[] {
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
        accountingPeriod: period,
        lease: { id: lease.id, party: lease.party.name, stall: stall.code },
        meteringPoint: { id: stall.id, code: `E-${stall.code}` },
        commodity: 'electricity',
        serviceFrom: from,
        serviceTo: to,
        passedAt: null,
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
            basis: null,
          },
          to: {
            at: to,
            value: String(total),
            method: 'interpolated',
            before: mark(new Date(next.getTime() - 1_800_000).toISOString(), start + total - 500n),
            after: mark(new Date(next.getTime() + 1_800_000).toISOString(), start + total + 500n),
            basis: null,
          },
          since: null,
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
          shares: null,
          intervals: { count: 62, sha256: 'c0ff'.repeat(16), list: intervalsOf(from, quantity) },
          tariff: { code: 'E-TOU', name: '一般工商业分时', version: 2, effectiveFrom: from },
          arithmetic: {
            quantity: String(quantity),
            unit: 'Wh',
            per: 1000,
            priceUnit: 'kWh',
            unitPrice,
            unrounded,
            workings: {
              kind: 'unit',
              lossFactor: null,
              rounding: {
                stage: 'line',
                mode: 'half_up',
                quantum: '0.01',
                before: { exact: '0', rounded: '0' },
                after: { exact: unrounded, rounded: String(amount) },
                lines: 1,
              },
            },
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

export const TIME_OF_USE: MockTariff = {
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
export const WATER: MockTariff = {
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
