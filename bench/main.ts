import { parseArgs } from 'node:util';

type Bench = (print: (line: string) => void) => Promise<void>;

/** One file a question; `npm run bench -- NAME …` runs some of them. */
const BENCHES: Readonly<Record<string, () => Promise<{ run: Bench }>>> = {
  puback: () => import('./puback.ts'),
  'end-to-end': () => import('./end-to-end.ts'),
  live: () => import('./live.ts'),
  connections: () => import('./connections.ts'),
  billing: () => import('./billing.ts'),
  bills: () => import('./bills.ts'),
  preview: () => import('./preview.ts'),
};

const { positionals } = parseArgs({ allowPositionals: true });
const unknown = positionals.find((name) => !(name in BENCHES));
if (unknown) {
  console.error(`there is no benchmark "${unknown}": there are ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}
for (const [name, load] of Object.entries(BENCHES)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  console.log(`\n── ${name} ${'─'.repeat(60 - name.length)}`);
  const { run } = await load();
  await run((line) => console.log(line));
}
