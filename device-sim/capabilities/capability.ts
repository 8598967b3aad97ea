export type Values = Readonly<Record<string, number | boolean | string>>;

export interface DeviceEvent {
  readonly id: string;
  readonly ts: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface CommandOutcome {
  readonly ok: boolean;
  readonly result: Readonly<Record<string, unknown>>;
  /** The device reports at once that something about it changed. */
  readonly changed?: boolean;
}

/** What a device is able to do, as pure functions of its time (epoch ms). Faults are stacked on top of it. */
export interface Capability {
  /** All points at an instant; `history` leaves out what a device does not keep. */
  sample(ts: number, history: boolean): Values;
  /** The first instant after `ts` that is worth a message of its own; Infinity when there is none. */
  nextChange(ts: number): number;
  /** What happened at exactly the instant of a change. */
  eventsAt(ts: number): readonly DeviceEvent[];
  /** Does what it is told, at `ts`. */
  command(op: string, args: Readonly<Record<string, unknown>>, ts: number): CommandOutcome;
}

export const refuse = (op: string): CommandOutcome => ({
  ok: false,
  result: { error: `unknown operation ${op}` },
});
