import { readdirSync, readFileSync } from 'node:fs';

/** A process and everything below it that lives (Linux). */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const parent = Number(statFields(pid)?.[1] ?? -1);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree: number[] = [];
  const visit = (pid: number): void => {
    tree.push(pid);
    for (const child of children.get(pid) ?? []) visit(child);
  };
  if (statFields(root)) visit(root);
  return tree;
}

/**
 * CPU seconds, user and system, that a process, its living descendants and those that have ended took. What a
 * descendant took that ended while its parent did not wait for it is missing (Linux, 100 ticks a second).
 */
export function treeCpuSeconds(root: number): number {
  let ticks = 0;
  for (const pid of processTree(root)) {
    for (const field of statFields(pid)?.slice(11, 15) ?? []) ticks += Number(field);
  }
  return ticks / 100;
}

/** Resident memory of one process in MB, mapped files included; 0 once it has ended (Linux). */
export function rssMb(pid: number): number {
  return fieldMb(pid, 'status', /^VmRSS:\s+(\d+) kB/m);
}

/** Memory of a tree in MB where what several share counts once (`Pss`, Linux). */
export function treePssMb(root: number): number {
  return processTree(root).reduce((sum, pid) => sum + fieldMb(pid, 'smaps_rollup', /^Pss:\s+(\d+) kB/m), 0);
}

function fieldMb(pid: number, file: string, pattern: RegExp): number {
  return Number(pattern.exec(read(pid, file) ?? '')?.[1] ?? 0) / 1024;
}

/** From the third field of `/proc/PID/stat` on: state, parent, … */
function statFields(pid: number): string[] | undefined {
  const stat = read(pid, 'stat');
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}
