import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(ROOT, 'node_modules/.cache/stallgrid-dashboard');
const SOURCES = ['dashboard', 'contracts', 'domain'];

/** Builds the dashboard unless these very sources were built before; answers the folder. */
export async function buildDashboard(): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(join(ROOT, 'package-lock.json')));
  for (const folder of SOURCES) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).sort()) {
      if (/\.\w+$/.test(name)) hash.update(name).update(readFileSync(join(ROOT, folder, name)));
    }
  }
  const dir = join(CACHE, hash.digest('hex').slice(0, 16));
  if (existsSync(dir)) return dir;
  mkdirSync(CACHE, { recursive: true });
  const made = mkdtempSync(join(CACHE, 'building-'));
  // In a process of its own: here NODE_ENV is `test`, and React would be built to be debugged.
  const config = join(ROOT, 'dashboard/vite.config.ts');
  await promisify(execFile)(
    process.execPath,
    [
      join(ROOT, 'node_modules/vite/bin/vite.js'),
      'build',
      '--config',
      config,
      '--outDir',
      made,
      '--logLevel',
      'error',
    ],
    { cwd: ROOT, env: { ...process.env, NODE_ENV: 'production' } },
  );
  try {
    renameSync(made, dir);
  } catch (error) {
    // Another test file built the same and was first.
    rmSync(made, { recursive: true, force: true });
    if (!existsSync(dir)) throw error;
  }
  forgetOld();
  return dir;
}

/** Builds of a day ago are of sources that are gone. */
function forgetOld(): void {
  for (const name of readdirSync(CACHE)) {
    const path = join(CACHE, name);
    if (Date.now() - statSync(path).mtimeMs > 86_400_000) rmSync(path, { recursive: true, force: true });
  }
}
