import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { type AppDeps, buildApp } from './app.ts';
import { startLiveHub } from './live/hub.ts';

export interface ApiOptions extends Omit<AppDeps, 'hub'> {
  /** For the connection that listens to notices. */
  readonly databaseUrl: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Default: every address of the host. */
  readonly host?: string | undefined;
}

/** After this, requests that are still being answered, or sent, are cut off. */
const CLOSE_MS_MAX = 10_000;

/** Serves REST, WebSocket and the dashboard. @throws when the port is taken. */
export async function startApi(options: ApiOptions): Promise<{ port: number; close(): Promise<void> }> {
  const hub = await startLiveHub(options);
  try {
    const app = await buildApp({ ...options, hub });
    app.addHook('onClose', () => hub.close());
    await app.listen({ port: options.port, host: options.host ?? '0.0.0.0' });
    const { port } = app.server.address() as AddressInfo;
    return { port, close: () => closeInTime(app) };
  } catch (error) {
    await hub.close();
    throw error;
  }
}

/** Takes nobody any more, answers what has come, and says with each answer that the connection ends. */
async function closeInTime(app: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), CLOSE_MS_MAX);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
  }
}
