import { readArguments } from './arguments.ts';

type Bench = (print: (line: string) => void) => Promise<void>;

/** One file a question; `npm run bench -- NAME …` runs some of them. */
const BENCHES: Readonly<Record<string, () => Promise<{ run: Bench }>>> = {
  puback: () => import('./puback.ts'),
  'end-to-end': () => import('./end-to-end.ts'),
  stages: () => import('./stages.ts'),
  live: () => import('./live.ts'),
  connections: () => import('./connections.ts'),
  fuzz: () => import('./fuzz.ts'),
  storm: () => import('./storm.ts'),
  billing: () => import('./billing.ts'),
  bills: () => import('./bills.ts'),
  preview: () => import('./preview.ts'),
  machines: () => import('./machines.ts'),
  peers: async () => {
    const peers = await import('./peers/run.ts');
    return { run: (print) => peers.run(print, { quick: asked.kind === 'run' && asked.quick }) };
  },
};
/** They take long, or need a network. */
const ONLY_BY_NAME: readonly string[] = ['peers', 'machines'];

const HELP = `npm run bench -- [NAME …] [--peers] [--quick]

  NAME     ${Object.keys(BENCHES).join(', ')}
           without a name: all but ${ONLY_BY_NAME.join(', ')}
  --peers  the same as the name peers: against Mosquitto with Node-RED, and with a subscriber
           (about 30 minutes; installs Node-RED with npm into a temporary folder the first time)
  --quick  peers in about 12 minutes: fewer systems, one round
  --help   this`;

const asked = readArguments(process.argv.slice(2), Object.keys(BENCHES));
if (asked.kind === 'refused') {
  console.error(asked.why);
  process.exit(2);
}
if (asked.kind === 'help') {
  console.log(HELP);
} else {
  for (const [name, load] of Object.entries(BENCHES)) {
    const wanted = asked.names.length === 0 ? !ONLY_BY_NAME.includes(name) : asked.names.includes(name);
    if (!wanted) continue;
    console.log(`\n── ${name} ${'─'.repeat(60 - name.length)}`);
    const { run } = await load();
    await run((line) => console.log(line));
  }
}
// Seen once on Node 20.20 under load: at the natural end, Node's own clean-up of handles went round for ever.
process.exit(0);
