import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

/** This program's version, from the package.json above this file: one folder up in the sources, three when compiled. */
export function programVersion(): string {
  for (let dir = new URL('..', import.meta.url); ; dir = new URL('..', dir)) {
    const file = new URL('package.json', dir);
    if (existsSync(file)) {
      return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).version;
    }
    if (dir.pathname === '/') return 'unknown';
  }
}
