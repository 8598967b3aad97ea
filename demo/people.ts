import type { Role } from '../domain/permissions.ts';
import { createUser } from '../store/auth.ts';
import type { Database } from '../store/database.ts';
import { readDatabaseError } from '../store/database-errors.ts';
import { listParties } from '../store/parties.ts';

const PEOPLE: readonly { readonly username: Role; readonly name: string; readonly what: string }[] = [
  { username: 'operator', name: '陈经理', what: 'may do everything' },
  { username: 'biller', name: '周会计', what: 'tariffs, readings to decide, bills, payments' },
  { username: 'auditor', name: '吴审计', what: 'looks at everything about money, changes nothing' },
  { username: 'integrator', name: '孙工', what: 'devices, readings, dead letters' },
  { username: 'viewer', name: '值班台', what: 'the live floor and devices' },
  { username: 'merchant', name: '', what: 'their own bills, payments and balance' },
];

export const OPERATOR = 'operator';
export const BILLER = 'biller';
export const MERCHANT = 'merchant';

const passwordOf = (username: string): string => `${username}-demo`;

/** Who may sign in, one a line, passwords included. */
export const signInLines = (merchant: string): readonly string[] =>
  PEOPLE.map(({ username, what }) => {
    const who = username === 'merchant' ? `${merchant}: ${what}` : what;
    return `  ${username.padEnd(10)} ${passwordOf(username).padEnd(15)} ${who}`;
  });

/** Creates the people of the demonstration who are not there yet. `merchant` is the name of a party. */
export async function createPeople(db: Database, merchant: string): Promise<void> {
  const [party] = await listParties(db, { q: merchant, limit: 1 });
  if (!party) throw new Error(`there is no merchant ${merchant}`);
  for (const { username, name } of PEOPLE) {
    const own = username === 'merchant' ? { name: merchant, partyId: party.id } : { name };
    try {
      await createUser(db, { username, password: passwordOf(username), role: username, ...own });
    } catch (error) {
      if (readDatabaseError(error)?.kind !== 'unique') throw error;
    }
  }
}
