import { setTimeout as sleep } from 'node:timers/promises';
import type { TcpProxy } from '../support/tcp-proxy.ts';
import type { Server } from './databases.ts';
import type { Habits } from './habits.ts';
import type { Supervised } from './supervised.ts';

export interface FaultKind {
  readonly name: string;
  /** Two faults that touch the same are never on at once. */
  readonly touches: readonly string[];
  readonly holdMs: readonly [min: number, max: number];
  /** A process of what is tortured ends, and with it what its memory could tell. */
  readonly endsLife?: boolean;
  begin(): unknown;
  /** Resolves when what was taken away is there again, which is not yet recovery. */
  end(): unknown;
}

const SHORT = [1_000, 5_000] as const;
const LONG = [3_000, 12_000] as const;

/** `who` is a program of ours or of others that has no data to wait for before it starts. */
export function faultsOfProgram(who: string, program: Supervised): FaultKind[] {
  const touches = [who];
  const endsLife = true;
  return [
    {
      ...{ name: `${who} killed`, touches, endsLife, holdMs: SHORT },
      begin: () => program.end('SIGKILL'),
      end: () => program.start(),
    },
    {
      // While it reads its journal, connects to its databases or has just begun to listen.
      ...{ name: `${who} killed, and again while it recovers`, touches, endsLife, holdMs: [300, 6_000] },
      async begin() {
        await program.end('SIGKILL');
        program.start();
      },
      async end() {
        await program.end('SIGKILL');
        program.start();
      },
    },
    {
      ...{ name: `${who} stopped`, touches, endsLife, holdMs: SHORT },
      begin: () => program.end('SIGTERM'),
      end: () => program.start(),
    },
    {
      ...{ name: `${who} frozen`, touches, holdMs: LONG },
      begin: () => program.signal('SIGSTOP'),
      end: () => program.signal('SIGCONT'),
    },
  ];
}

export function faultsOfServer(server: Server): FaultKind[] {
  const { name } = server;
  const touches = [name];
  return [
    { name: `${name} stopped`, touches, holdMs: LONG, begin: () => server.stop(), end: () => server.start() },
    { name: `${name} killed`, touches, holdMs: SHORT, begin: () => server.kill(), end: () => server.start() },
    { name: `${name} frozen`, touches, holdMs: LONG, begin: () => server.freeze(), end: () => server.thaw() },
  ];
}

export function faultsOfLine(line: string, proxy: TcpProxy): FaultKind[] {
  const touches = [line];
  const end = (): void => proxy.resume();
  return [
    { name: `${line}: cut`, touches, holdMs: SHORT, begin: () => proxy.cut(), end },
    { name: `${line}: connections dropped`, touches, holdMs: [0, 0], begin: () => proxy.drop(), end },
    { name: `${line}: stalled`, touches, holdMs: LONG, begin: () => proxy.freeze(), end },
    { name: `${line}: slow`, touches, holdMs: LONG, begin: () => proxy.delay(150), end },
  ];
}

export function faultsOfDevices(habits: Habits): FaultKind[] {
  const habit = (name: string, begin: () => void, end: () => void): FaultKind => ({
    ...{ name: `devices ${name}`, touches: [name], holdMs: LONG, begin, end },
  });
  return [
    habit(
      'repeat messages',
      () => {
        habits.repeats = true;
      },
      () => {
        habits.repeats = false;
      },
    ),
    habit(
      'send out of order',
      () => {
        habits.shuffles = true;
      },
      () => {
        habits.shuffles = false;
      },
    ),
    ...(['ahead', 'behind'] as const).map((skew) => ({
      ...habit(
        skew === 'ahead' ? 'have clocks ahead' : 'have clocks that were reset',
        () => {
          habits.skew = skew;
        },
        () => {
          habits.skew = null;
        },
      ),
      touches: ['clocks'],
    })),
  ];
}

const PADDING_BYTES = 30_000;
const FULL_MS_MAX = 20_000;

/** Messages are large, and nothing is read out of the journal, until it can take no more. */
export function fullJournal(
  name: string,
  {
    postgres,
    habits,
    isFull,
    fill,
    empty,
  }: {
    readonly postgres: Server;
    readonly habits: Habits;
    readonly isFull: () => Promise<boolean>;
    readonly fill?: () => void;
    readonly empty?: () => void;
  },
): FaultKind {
  return {
    ...{ name, touches: [`line to ${postgres.name}`, 'journal'], holdMs: SHORT },
    async begin() {
      postgres.proxy.cut();
      fill?.();
      habits.padding = PADDING_BYTES;
      for (let waited = 0; waited < FULL_MS_MAX && !(await isFull()); waited += 500) await sleep(500);
    },
    end() {
      habits.padding = 0;
      empty?.();
      postgres.proxy.resume();
    },
  };
}
