import type pg from 'pg';
import { Counter, Gauge } from 'prom-client';

/** A refusal for want of space this long ago says nothing any more: most statements of that time went well since. */
const FULL_MS = 60_000;
const DISK_FULL = '53100';

const errors = new Counter({
  name: 'stallgrid_postgres_errors_total',
  help: 'Statements that Postgres refused, by SQLSTATE class: 53 no resources (disk full), 40 to be repeated, 57 stopped, 23 and 22 what the data says.',
  labelNames: ['class'],
});
// From 0, so that the first full disk is seen to be one more.
errors.inc({ class: '53' }, 0);

let reported: pg.Pool | undefined;
new Gauge({
  name: 'stallgrid_postgres_connections',
  help: 'Connections of this process’s pool, by state.',
  labelNames: ['state'],
  collect() {
    this.set({ state: 'used' }, reported ? reported.totalCount - reported.idleCount : 0);
    this.set({ state: 'idle' }, reported?.idleCount ?? 0);
  },
});
new Gauge({
  name: 'stallgrid_postgres_connections_max',
  help: 'The most connections that this process’s pool opens.',
  collect() {
    this.set(reported?.options.max ?? 0);
  },
});
new Gauge({
  name: 'stallgrid_postgres_waiting',
  help: 'Callers that wait for a connection of the pool.',
  collect() {
    this.set(reported?.waitingCount ?? 0);
  },
});

const fullAt = new WeakMap<pg.Pool, number>();

/** Notes what the server refuses on any connection of the pool, whoever asked and whatever they make of it. */
export function watchPool(pool: pg.Pool): void {
  pool.on('connect', (client) => {
    client.connection.on('errorMessage', ({ code = '' }: { readonly code?: string }) => {
      errors.inc({ class: code.slice(0, 2) || 'none' });
      if (code === DISK_FULL) fullAt.set(pool, performance.now());
    });
  });
}

/** Whether the server has refused something within the last minute because its disk was full. */
export function wasFull(pool: pg.Pool): boolean {
  const at = fullAt.get(pool);
  return at !== undefined && performance.now() - at < FULL_MS;
}

/** The pool whose connections are among the metrics. */
export function reportPool(pool: pg.Pool): void {
  reported = pool;
}
