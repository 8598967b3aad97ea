import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mutant } from './mutant.ts';

/** Why a mutant says nothing any more: what it changes is not in its file once, or its test is not there. */
export function placeFault(root: string, { name, file, from, to, test, only }: Mutant): string | undefined {
  const fault = (what: string): string => `${name}: ${what}`;
  if (from === to) return fault('changes nothing');
  if (!existsSync(join(root, file))) return fault(`there is no ${file}`);
  const places = readFileSync(join(root, file), 'utf8').split(from).length - 1;
  if (places !== 1) return fault(`what it changes is in ${file} ${places} times: ${from}`);
  if (!existsSync(join(root, test))) return fault(`there is no ${test}`);
  if (only === undefined) return undefined;
  // Of a table's rows the title is not in the file as it is shown.
  const words = only.split(': ');
  const text = readFileSync(join(root, test), 'utf8');
  return words.every((part) => text.includes(part)) ? undefined : fault(`${test} has no test ${only}`);
}
