import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Shorter and rougher, where a benchmark knows how. */
  readonly quick: boolean;
}

export type Asked =
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly why: string }
  | ({ readonly kind: 'run'; readonly names: readonly string[] } & BenchOptions);

/** The command line of `npm run bench --`: which of `names` to run, none for the usual ones. */
export function readArguments(args: readonly string[], names: readonly string[]): Asked {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        peers: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return { kind: 'help' };
    const unknown = positionals.find((name) => !names.includes(name));
    if (unknown !== undefined) {
      return { kind: 'refused', why: `there is no benchmark "${unknown}": there are ${names.join(', ')}` };
    }
    const asked = new Set([...positionals, ...(values.peers ? ['peers'] : [])]);
    return { kind: 'run', names: [...asked], quick: values.quick };
  } catch (error) {
    return { kind: 'refused', why: error instanceof Error ? error.message : String(error) };
  }
}
