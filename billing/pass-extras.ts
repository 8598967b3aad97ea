import { stayMinutes } from '../domain/passes.ts';
import { periodKindOf } from '../domain/periods.ts';
import type { Pass } from '../domain/rating/rated-line.ts';
import type { NamedPeriod } from '../domain/settlement/desired.ts';
import type { Problem } from '../domain/settlement/problems.ts';
import { type ServiceRange, serviceRanges } from '../domain/settlement/service-ranges.ts';
import { type ChargedPass, readChargedPasses, readGatePayers } from '../store/passes.ts';
import type { PointExtras } from './range-extras.ts';
import type { RunContext } from './run-context.ts';

/**
 * What is charged at gates: whoever pays for the vehicle when it goes out pays for its stay, so several leases have
 * service ranges at a lane at the same time.
 */
export async function readPassExtras(
  { client, cutOff }: RunContext,
  gateIds: readonly number[],
  period: NamedPeriod,
): Promise<ReadonlyMap<number, PointExtras>> {
  if (gateIds.length === 0) return new Map();
  const passes = await readChargedPasses(client, gateIds, period, cutOff);
  const leaseIds = [...new Set(passes.flatMap(({ leaseId }) => leaseId ?? []))];
  const payers = await readGatePayers(client, leaseIds, period, cutOff);
  const leaseTariffs = payers.leaseTariffs.filter(({ commodity }) => commodity === 'gate');
  const rangesOf = new Map(
    payers.leases.map((lease) => {
      const kind = periodKindOf(period.name);
      const input = { period, kind, leases: [lease], house: null, leaseTariffs, versions: payers.versions };
      const { ranges, uncharged } = serviceRanges(input);
      const isPriceless = (at: number): boolean =>
        uncharged.some(({ code, from, to }) => code === 'no_tariff' && from <= at && at < to);
      return [lease.id, { ranges, isPriceless }];
    }),
  );
  return new Map(
    gateIds.map((id) => {
      const own = passes.filter(({ meteringPointId }) => meteringPointId === id);
      const leases = new Set(own.flatMap(({ leaseId }) => leaseId ?? []));
      const unpaid = own.filter(({ leaseId }) => leaseId === null);
      const priceless = own.filter(
        ({ leaseId, exitAt }) => leaseId !== null && rangesOf.get(leaseId)?.isPriceless(exitAt),
      );
      return [
        id,
        {
          ranges: [...leases].flatMap((lease) => rangesOf.get(lease)?.ranges ?? []),
          share: () => null,
          passes: (range: ServiceRange) => own.filter(({ leaseId }) => leaseId === range.leaseId).map(toPass),
          problems: [...problemOf('no_payer', unpaid), ...problemOf('no_tariff', priceless)],
        },
      ];
    }),
  );
}

const toPass = (pass: ChargedPass): Pass => ({
  key: pass.eventKey,
  at: pass.exitAt,
  classCode: pass.vehicleClass,
  minutes: pass.entryAt === null ? null : stayMinutes(pass.entryAt, pass.exitAt),
  exempt: pass.monthlyPassId === null ? null : 'monthly_pass',
  entryAt: pass.entryAt,
  plate: pass.plate ?? pass.ticket,
});

function problemOf(code: 'no_payer' | 'no_tariff', passes: readonly ChargedPass[]): readonly Problem[] {
  const [first] = passes;
  if (!first) return [];
  const detail = `${passes.length} passes, the first of ${first.plate ?? first.ticket} at ${new Date(first.exitAt).toISOString()}`;
  return [{ code, detail }];
}
