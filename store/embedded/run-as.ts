import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The user that Postgres runs as. Null: the one that runs the platform. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
  /** Goes before the command where that user could not even reach the files. */
  readonly prefix: readonly string[];
}

const NOBODY = 65_534;

/**
 * Postgres refuses to run as root, so root starts it as the owner of its data, at first `nobody`. Where that user
 * cannot walk to the files (a checkout in a home that only root may enter), setpriv lets it keep CAP_DAC_OVERRIDE.
 * @throws when neither way is open, with the way out.
 */
export function runAs(dataDir: string, binary: string): RunAs | null {
  if (process.getuid?.() !== 0) return null;
  const owner = statSync(dataDir);
  const uid = owner.uid || NOBODY;
  const gid = owner.uid ? owner.gid : NOBODY;
  chownSync(dataDir, uid, gid);
  if (othersMayEnter(dirname(dataDir)) && othersMayEnter(dirname(binary))) return { uid, gid, prefix: [] };
  const prefix = [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
    '--',
  ];
  const probe = spawnSync('setpriv', [...prefix.slice(1), binary, '--version'], { stdio: 'ignore' });
  if (probe.status === 0) return { uid: 0, gid: 0, prefix };
  throw new Error(
    `the embedded Postgres must not run as root, and no other user can reach ${dataDir}: ` +
      'start as a normal user, set DATA_DIR to a folder that others may enter, or set DATABASE_URL',
  );
}

/** The user that `runAs` gives files to, for files that the command must read. */
export function giveTo(path: string, dataDir: string): void {
  if (process.getuid?.() !== 0) return;
  const owner = statSync(dataDir);
  chownSync(path, owner.uid, owner.gid);
}

export function spawnAs(
  who: RunAs | null,
  command: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const [file = command, ...rest] = [...(who?.prefix ?? []), command, ...args];
  const identity = who && who.prefix.length === 0 ? { uid: who.uid, gid: who.gid } : {};
  return spawn(file, rest, { ...options, ...identity });
}

function othersMayEnter(path: string): boolean {
  for (let at = resolve(path); ; at = dirname(at)) {
    if (existsSync(at) && (statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
