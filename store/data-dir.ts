import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** A restore that is under way keeps here what is not whole yet. */
export const RESTORE_DIR = 'restore.part';

export class InUseError extends Error {
  override readonly name = 'InUseError';
}

/**
 * Takes a part's place in the folder for this process, so that the same part cannot run on it twice.
 * @returns the way to give it back.
 * @throws InUseError when a living process holds it; the lock of a killed one is taken over.
 */
export function lockDataDir(dir: string, part: string): () => void {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `${part}.lock`);
  for (let attempt = 0; ; attempt++) {
    try {
      const fd = openSync(file, 'wx', 0o600);
      writeSync(fd, identity(process.pid));
      closeSync(fd);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 2) throw error;
    }
    const holder = readFileSync(file, 'utf8');
    const pid = Number(holder.split(' ')[0]);
    if (pid !== process.pid && isAlive(pid) && identity(pid) === holder) {
      throw new InUseError(
        `DATA_DIR ${dir} is in use by process ${pid} (${part}): stop it, or set another DATA_DIR`,
      );
    }
    rmSync(file, { force: true });
  }
}

/** A secret that is made on the first start and kept in the folder. */
export function keptSecret(dir: string, name: string): string {
  const file = join(dir, name);
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A pid is used again after a while; with its start time (field 22 of /proc/PID/stat) it is unique. */
function identity(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return String(pid);
  }
}
