import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface ComposeService {
  readonly image?: string;
  readonly build?: string;
  /** Instead of the image's own. */
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly stop_grace_period?: string;
}

export interface ComposeFile {
  readonly file: string;
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const read = (file: string): ComposeFile => ({
  file,
  ...parse(readFileSync(file, 'utf8'), { merge: true }),
});
export const compose = read('docker-compose.yml');
export const machines = read('docker-compose.machines.yml');

/** Those that run the platform, not what it needs beside it. */
export const platformServices = ({ services }: ComposeFile): [string, ComposeService][] =>
  Object.entries(services).filter(([, { build }]) => build !== undefined);

/** What `.env` holds, as the files ask for it. */
export const SECRETS = {
  ...{ POSTGRES_PASSWORD: 'p', INFLUX_PASSWORD: 'i', INFLUX_TOKEN: 't', ADMIN_TOKEN: 'sixteen characters' },
  AUTH_SECRET: 'thirty-two characters, or even more',
};

export function environmentOf({ environment = {} }: ComposeService): Record<string, string> {
  const fill = (_: string, secret: keyof typeof SECRETS): string => SECRETS[secret];
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, value.replace(/\$\{(\w+)[^}]*\}/g, fill)]),
  );
}
