import type { Identity } from './device.ts';
import type { FaultKind } from './fault.ts';
import type { Fleet } from './fleet.ts';

/** A line of the totals. What `mustBeZero` and is not makes the run fail. */
export interface Total {
  readonly name: string;
  readonly value: number;
  readonly mustBeZero?: boolean;
  /** What exactly, where that says more than the number. */
  readonly details?: readonly string[];
}

/** What is tortured, with everything around it. */
export interface Target {
  readonly name: string;
  readonly identities: readonly Identity[];
  /** Where devices connect: before the proxy. */
  readonly port: number;
  faultKinds(fleet: Fleet): readonly FaultKind[];
  /** Age in seconds of the oldest message that is acknowledged and not stored yet, null while nobody can tell; absent where nobody ever can. */
  readonly lag: (() => Promise<number | null>) | null;
  /** Begins what goes on meanwhile. */
  work(fleet: Fleet): void;
  /** Waits until all is stored, then counts. Everything has been healed before. */
  count(fleet: Fleet, say: (line: string) => void): Promise<readonly Total[]>;
  /** One line on what goes on beside the messages. */
  progress(): string;
  /** Ends every process and deletes every file. */
  close(): Promise<void>;
}
