import type { AddressInfo } from 'node:net';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { pino } from 'pino';
import { type AppDeps, buildApp } from '../../api/app.ts';
import { startLiveHub } from '../../api/live/hub.ts';
import type { Role } from '../../domain/permissions.ts';
import { createApiKey } from '../../store/api-keys.ts';
import { openDatabase } from '../../store/database.ts';
import { ensureBuiltInProfiles } from '../../store/profiles.ts';
import { openPostgresTelemetry } from '../../store/telemetry/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type CutProxy, startCutProxy } from './cut-proxy.ts';

export const ADMIN_TOKEN = 'a-token-for-tests';
export const AUTH_SECRET = 'cookie-secret-for-tests-9f8e7d6c5b4a39281706';

export interface TestApi extends TestDatabase {
  readonly app: FastifyInstance;
  readonly way: CutProxy;
  /** Injects a request with a bearer token: the administrator's, or a key of the role. */
  call(options: InjectOptions & { as?: Role | 'nobody' | undefined }): Promise<Answer>;
  keyOf(role: Role, partyId?: number): Promise<string>;
  /** Listens on a free port of the loopback. */
  listen(): Promise<number>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it is in its expectations
  readonly body: any;
}

/** The api over a database of its own, which it reaches by a way that a test can cut; `db` goes there directly. */
export async function startTestApi({
  refreshMs,
  ...options
}: Partial<AppDeps> & { readonly refreshMs?: number } = {}): Promise<TestApi> {
  const database = await createTestDatabase();
  const { db } = database;
  await ensureBuiltInProfiles(db);
  const log = pino({ level: 'silent' });
  const url = new URL(database.url);
  const way = await startCutProxy(Number(url.port));
  url.port = String(way.port);
  const apiDb = openDatabase(url.href);
  const hub = await startLiveHub({ db: apiDb, databaseUrl: url.href, log, refreshMs });
  const app = await buildApp({
    db: apiDb,
    telemetry: openPostgresTelemetry(apiDb),
    hub,
    log,
    authSecret: AUTH_SECRET,
    adminToken: ADMIN_TOKEN,
    ...options,
  });
  app.addHook('onClose', () => hub.close());
  await app.ready();
  const keys = new Map<string, Promise<string>>();
  const keyOf = (role: Role, partyId?: number): Promise<string> => {
    const id = `${role}/${partyId ?? ''}`;
    const made =
      keys.get(id) ??
      createApiKey(db, { name: id, role, partyId, createdBy: 'test' }).then((created) => created.key);
    keys.set(id, made);
    return made;
  };
  return {
    ...database,
    app,
    way,
    keyOf,
    async call({ as, ...request }) {
      const token = as === undefined ? ADMIN_TOKEN : as === 'nobody' ? undefined : await keyOf(as);
      const response = await app.inject({
        ...request,
        headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...request.headers },
      });
      const isJson = /json/.test(String(response.headers['content-type']));
      return {
        status: response.statusCode,
        headers: response.headers,
        body: isJson && response.body !== '' ? response.json() : response.body,
      };
    },
    async listen() {
      await app.listen({ port: 0, host: '127.0.0.1' });
      return (app.server.address() as AddressInfo).port;
    },
    async close() {
      await app.close();
      await apiDb.$client.end();
      await way.close();
      await database.drop();
    },
  };
}
