import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { buildDashboard } from './built.ts';

const FIRST_LOAD_KB_MAX = 480;

const zManifest = z.record(
  z.string(),
  z.object({
    file: z.string(),
    isEntry: z.boolean().optional(),
    css: z.array(z.string()).default([]),
    imports: z.array(z.string()).default([]),
  }),
);

let dir: string;
let manifest: z.infer<typeof zManifest>;
beforeAll(async () => {
  dir = await buildDashboard();
  manifest = zManifest.parse(JSON.parse(readFileSync(join(dir, '.vite/manifest.json'), 'utf8')));
}, 120_000);

/** Every file that a chunk needs before it runs. */
function filesOf(key: string, seen = new Set<string>()): Set<string> {
  const chunk = manifest[key];
  if (chunk === undefined) throw new Error(`${key} is not in the manifest`);
  for (const file of [chunk.file, ...chunk.css]) seen.add(file);
  for (const next of chunk.imports) if (!seen.has(manifest[next]?.file ?? '')) filesOf(next, seen);
  return seen;
}

test(`landing on any page loads at most ${FIRST_LOAD_KB_MAX} kB`, () => {
  const pages = Object.keys(manifest).filter((key) => key.endsWith('-page.tsx'));
  expect(pages.length).toBeGreaterThan(15);
  const loads = pages.map((page) => {
    const files = filesOf(page, filesOf('src/app.tsx', filesOf('index.html')));
    const bytes = [...files].reduce((sum, file) => sum + readFileSync(join(dir, `${file}.gz`)).length, 0);
    return { page, kB: Math.ceil(bytes / 1000) };
  });
  console.info(loads.map(({ page, kB }) => `${page}: ${kB} kB gzip`).join('\n'));
  expect(loads.filter(({ kB }) => kB > FIRST_LOAD_KB_MAX)).toEqual([]);
});

test('every asset is there compressed, and is the same once unpacked', () => {
  for (const { file } of Object.values(manifest)) {
    const bytes = readFileSync(join(dir, file));
    expect(gunzipSync(readFileSync(join(dir, `${file}.gz`))).equals(bytes), file).toBe(true);
    expect(brotliDecompressSync(readFileSync(join(dir, `${file}.br`))).equals(bytes), file).toBe(true);
  }
  expect(existsSync(join(dir, 'index.html.br'))).toBe(true);
});

test('the page runs no inline script and asks no other host for anything', () => {
  const html = readFileSync(join(dir, 'index.html'), 'utf8');
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
  expect(html).not.toMatch(/(?:src|href)="https?:/);
});
