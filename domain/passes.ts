export const PASS_DIRECTIONS = ['in', 'out'] as const;
export type PassDirection = (typeof PASS_DIRECTIONS)[number];

/** A vehicle at a gate, as its device told it. */
export interface GatePass {
  readonly deviceId: string;
  /** The device's own id of the event: with the device, what tells passes apart. */
  readonly eventId: string;
  /** Epoch milliseconds. */
  readonly ts: number;
  readonly direction: PassDirection;
  /** What its entry and exit are matched by: see `vehicleKey`. */
  readonly vehicle: string;
}

/** An entry and the exit that follows it; one of them alone where the other was never told. */
export type Stay<P extends GatePass> =
  | { readonly entry: P; readonly exit: P; readonly minutes: number }
  | { readonly entry: P; readonly exit: null; readonly minutes: null }
  | { readonly entry: null; readonly exit: P; readonly minutes: null };

/** A plate as it is compared: `苏a·12 345` is `苏A12345`. */
export const normalizePlate = (plate: string): string =>
  plate
    .normalize('NFKC')
    .replace(/[\s·•.-]/g, '')
    .toUpperCase();

/** By its plate; a vehicle without one by its ticket, which no plate looks like. */
export const vehicleKey = (plate: string | undefined, ticket: string | undefined): string =>
  plate !== undefined ? normalizePlate(plate) : `#${ticket ?? ''}`;

/** The order in which a vehicle's passes follow one another; the database's is the same (store/passes.ts). */
export function comparePasses(a: GatePass, b: GatePass): number {
  return (
    a.ts - b.ts ||
    compare(a.direction, b.direction) ||
    compare(a.deviceId, b.deviceId) ||
    compare(a.eventId, b.eventId)
  );
}

/** Whole minutes, begun ones not counted: 14 min 59 s is still within 15 free minutes. */
export const stayMinutes = (entryTs: number, exitTs: number): number =>
  Math.floor((exitTs - entryTs) / 60_000);

/**
 * Entries and exits by vehicle: an entry belongs to the exit that comes right after it, so each pass's partner is
 * decided by its neighbours alone, and neither the order of arrival nor repetitions matter. By vehicle, then time.
 */
export function pairPasses<P extends GatePass>(passes: Iterable<P>): readonly Stay<P>[] {
  const byVehicle = new Map<string, Map<string, P>>();
  for (const pass of passes) {
    const own = byVehicle.get(pass.vehicle) ?? new Map<string, P>();
    own.set(`${pass.deviceId}\n${pass.eventId}`, pass);
    byVehicle.set(pass.vehicle, own);
  }
  const stays: Stay<P>[] = [];
  for (const [, own] of [...byVehicle].sort(([a], [b]) => compare(a, b))) {
    let entry: P | null = null;
    for (const pass of [...own.values()].sort(comparePasses)) {
      if (pass.direction === 'in') {
        if (entry) stays.push({ entry, exit: null, minutes: null });
        entry = pass;
      } else {
        stays.push(
          entry
            ? { entry, exit: pass, minutes: stayMinutes(entry.ts, pass.ts) }
            : { entry: null, exit: pass, minutes: null },
        );
        entry = null;
      }
    }
    if (entry) stays.push({ entry, exit: null, minutes: null });
  }
  return stays;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
