import type { Faults } from '../contracts/fleet.ts';
import { chance } from './random.ts';

/** A message on its way from a device's mind to the wire. */
export interface Outgoing {
  readonly kind: 'up' | 'event';
  /** When it was measured, on the device's true time; the fault of its clock is in the text alone. */
  readonly ts: number;
  readonly text: string;
  /** Kept while nobody listened, and sent later. */
  readonly backfill: boolean;
}

/** Takes the messages that are due and says which go out now, and how. */
export type Behaviour = (messages: readonly Outgoing[]) => readonly Outgoing[];

/** The behaviours of a device's faults, in the order in which they act. `key` seeds their chance. */
export function behavioursOf(faults: Faults, key: number): readonly Behaviour[] {
  const { malformed = 0, duplicates = 0, disorder = 0, mute } = faults;
  return [
    ...(mute ? [muteNow(mute, key)] : []),
    ...(malformed > 0 ? [malform(malformed, key ^ 11)] : []),
    ...(duplicates > 0 ? [duplicate(duplicates, key ^ 12)] : []),
    ...(disorder > 0 ? [overtake(disorder, key ^ 13)] : []),
  ];
}

export const applyBehaviours = (
  behaviours: readonly Behaviour[],
  messages: readonly Outgoing[],
): readonly Outgoing[] => behaviours.reduce((rest, behaviour) => behaviour(rest), messages);

/** Whether `ts` lies in a window of `forS` that comes once in every `everyS`; `key` keeps devices out of step. */
export function inWindow(windows: Windows | undefined, ts: number, key: number): boolean {
  if (!windows) return false;
  const everyMs = windows.everyS * 1000;
  return (ts + Math.floor(everyMs * chance(key, 9))) % everyMs < windows.forS * 1000;
}

type Windows = NonNullable<Faults['outage']>;

function muteNow(windows: Windows, key: number): Behaviour {
  return (messages) => messages.filter((m) => m.backfill || !inWindow(windows, m.ts, key));
}

function duplicate(share: number, key: number): Behaviour {
  return (messages) => messages.flatMap((m) => (chance(key, m.ts) < share ? [m, m] : [m]));
}

/** Holds a message back until the next one has gone. */
function overtake(share: number, key: number): Behaviour {
  let held: Outgoing | undefined;
  return (messages) => {
    const out: Outgoing[] = [];
    for (const message of messages) {
      if (!held && !message.backfill && chance(key, message.ts) < share) {
        held = message;
        continue;
      }
      out.push(message);
      if (held) out.push(held);
      held = undefined;
    }
    return out;
  };
}

/** What firmware really sends when it is wrong. */
const MANGLE: readonly ((text: string, ts: number) => string)[] = [
  (text) => text.slice(0, Math.floor(text.length / 2)),
  (text) => text.replace(/("values":\{"\w+":)([^,}]+)/, '$1"$2"'),
  (text) => text.replace(/("values":\{"\w+":)[^,}]+/, '$1NaN'),
  (text) => text.replace('"values":{', '"values":{"err_code":17,'),
  (text, ts) => text.replace(String(ts), String(ts + 40 * 365 * 86_400_000)),
  (text) => text.replace('"values":', '"vals":'),
  () => '\u0000\u0001ÿBOOT v1.4.2 OK\r\n',
];

function malform(share: number, key: number): Behaviour {
  return (messages) =>
    messages.map((m) => {
      if (m.backfill || m.kind !== 'up' || chance(key, m.ts) >= share) return m;
      const mangle = MANGLE[Math.floor(chance(key ^ 1, m.ts) * MANGLE.length)];
      return mangle ? { ...m, text: mangle(m.text, m.ts) } : m;
    });
}
