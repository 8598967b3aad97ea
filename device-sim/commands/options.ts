import { parseArgs } from 'node:util';

/** A wrong option: the CLI answers with this one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export type OptionTable = Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;

/** Reads `--name value` pairs by a table. @throws UsageError for anything else. */
export function readOptions(args: readonly string[], table: OptionTable): Options {
  try {
    const { values } = parseArgs({ args: [...args], options: { ...table }, strict: true });
    return new Options(values);
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] ?? 'wrong options');
  }
}

export class Options {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  needed(name: string): string {
    const value = this.text(name);
    if (!value) throw new UsageError(`--${name} is needed`);
    return value;
  }

  number(
    name: string,
    range: { readonly min: number; readonly max: number; readonly default: number },
  ): number {
    const text = this.text(name);
    if (text === undefined) return range.default;
    const value = Number(text);
    if (text.trim() === '' || !(value >= range.min && value <= range.max)) {
      throw new UsageError(`--${name} ${text} is wrong: a number from ${range.min} to ${range.max}`);
    }
    return value;
  }

  oneOf<T extends string>(name: string, choices: readonly T[], otherwise: T): T {
    const text = this.text(name) ?? otherwise;
    const choice = choices.find((c) => c === text);
    if (!choice) throw new UsageError(`--${name} ${text} is wrong: one of ${choices.join(', ')}`);
    return choice;
  }
}
