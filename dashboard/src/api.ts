import { z } from 'zod';
import { zFeeLineDetail } from '../../contracts/fee-lines.ts';
import {
  zBillingRun,
  zCommandView,
  zDeadLetter,
  zDevice,
  zDeviceCreated,
  zDeviceDetail,
  zFeeLine,
  zFloor,
  zMe,
  zPage,
  zProblem,
  zProfile,
  zReading,
  zSite,
  zStall,
  zStallDetail,
  zTelemetry,
} from '../../contracts/rest.ts';
import { zTariff, zTariffPreviewResult } from '../../contracts/tariffs.ts';
import { isRefusalCode, type RefusalCode } from '../../domain/refusals.ts';
import { reportConnection } from './connection.ts';

export type Me = z.infer<typeof zMe>;
export type Site = z.infer<typeof zSite>;
export type Floor = z.infer<typeof zFloor>;
export type Stall = z.infer<typeof zStall>;
export type StallDetail = z.infer<typeof zStallDetail>;
export type Device = z.infer<typeof zDevice>;
export type DeviceCreated = z.infer<typeof zDeviceCreated>;
export type DeviceDetail = z.infer<typeof zDeviceDetail>;
export type DeadLetter = z.infer<typeof zDeadLetter>;
export type FeeLine = z.infer<typeof zFeeLine>;
export type FeeLineDetail = z.infer<typeof zFeeLineDetail>;
export type BillingRun = z.infer<typeof zBillingRun>;
export type Tariff = z.infer<typeof zTariff>;
export type Telemetry = z.infer<typeof zTelemetry>;
export interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

interface Refusal {
  readonly code: RefusalCode;
  readonly values: Readonly<Record<string, string>>;
}

/** What went wrong between the page and the server; `detail` is the server's own words. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly kind: 'network' | 'shape' | 'refused';
  /** The HTTP status; 0 without an answer. */
  readonly status: number;
  readonly detail: string;
  /** What the server's words are about, where it names that. */
  readonly refusal: Refusal | undefined;

  constructor(kind: ApiError['kind'], status: number, detail: string, cause?: unknown, refusal?: Refusal) {
    super(`${kind} ${status} ${detail}`, { cause });
    this.refusal = refusal;
    this.kind = kind;
    this.status = status;
    this.detail = detail;
  }
}

/** A request without an answer is given up after this long. */
const ANSWER_MS_MAX = 20_000;
/** Pages that are read to their end stop here; what is left out is said by `nextCursor`. */
const PAGES_MAX = 20;

let clockOffset = 0;

/** The server's clock, from its answers' Date header: ages must not depend on this machine's clock. */
export const serverNow = (): number => Date.now() - clockOffset;

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export function toQuery(query: Query): string {
  const text = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') text.set(key, String(value));
  }
  return text.size > 0 ? `?${text}` : '';
}

/** The one door to the server: every answer is parsed by the wire's own schema. */
export async function request<T extends z.ZodType>(
  schema: T,
  path: string,
  options: {
    readonly body?: unknown;
    /** POST with a body, GET without one, unless it is said. */
    readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<z.output<T>> {
  const patience = AbortSignal.timeout(ANSWER_MS_MAX);
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      method: options.method ?? (options.body === undefined ? 'GET' : 'POST'),
      ...(options.body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(options.body) }),
      credentials: 'same-origin',
      signal: options.signal ? AbortSignal.any([options.signal, patience]) : patience,
    });
    text = await response.text();
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    reportConnection('lost');
    throw new ApiError('network', 0, String(cause), cause);
  }
  const date = Date.parse(response.headers.get('date') ?? '');
  if (!Number.isNaN(date)) clockOffset = Date.now() - date;
  // A proxy that answers for a dead server is no connection either.
  reportConnection(response.status === 502 || response.status === 504 ? 'lost' : 'ok');
  const body = parseJson(text);
  if (!response.ok) {
    throw refusedBy(response, body);
  }
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new ApiError('shape', response.status, parsed.error.message, parsed.error);
  return parsed.data;
}

/** What the server refused with, if its answer is a problem. */
export function refusedBy({ status, statusText }: Response, body: unknown): ApiError {
  const { detail, title, code = '', values = {} } = zProblem.partial().safeParse(body).data ?? {};
  const refusal = isRefusalCode(code) ? { code, values } : undefined;
  return new ApiError('refused', status, detail ?? title ?? statusText, undefined, refusal);
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

export const V1 = '/api/v1';
const id = encodeURIComponent;

/** Reads a list to its end, up to PAGES_MAX pages. */
export async function all<T>(read: (cursor: string | undefined) => Promise<Page<T>>): Promise<Page<T>> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const { items: more, nextCursor } = await read(cursor);
    items.push(...more);
    if (nextCursor === null) return { items, nextCursor: null };
    cursor = nextCursor;
  }
  return { items, nextCursor: cursor ?? null };
}

export const api = {
  signIn: (username: string, password: string) =>
    request(z.unknown(), '/api/auth/sign-in/username', { body: { username, password } }),
  signOut: () => request(z.unknown(), '/api/auth/sign-out', { body: {} }),
  me: (signal?: AbortSignal) => request(zMe, `${V1}/me`, { signal }),

  sites: (signal?: AbortSignal) => request(zPage(zSite), `${V1}/sites`, { signal }),
  floors: (site: string, signal?: AbortSignal) =>
    request(zPage(zFloor), `${V1}/floors${toQuery({ site, limit: 1000 })}`, { signal }),
  stalls: (floor: number, signal?: AbortSignal) =>
    all((cursor) =>
      request(zPage(zStall), `${V1}/stalls${toQuery({ floor, cursor, limit: 1000 })}`, { signal }),
    ),
  stall: (stall: number, signal?: AbortSignal) => request(zStallDetail, `${V1}/stalls/${stall}`, { signal }),

  devices: (query: Query, signal?: AbortSignal) =>
    request(zPage(zDevice), `${V1}/devices${toQuery(query)}`, { signal }),
  device: (device: string, signal?: AbortSignal) =>
    request(zDeviceDetail, `${V1}/devices/${id(device)}`, { signal }),
  profiles: (signal?: AbortSignal) => request(zPage(zProfile), `${V1}/profiles`, { signal }),
  registerDevice: (body: { site: string; serial: string; profile: string; place?: string }) =>
    request(zDeviceCreated, `${V1}/devices`, { body }),
  rotateSecret: (device: string) =>
    request(zDeviceCreated.pick({ secret: true, mqtt: true }), `${V1}/devices/${id(device)}/secret`, {
      body: {},
    }),
  telemetry: (device: string, query: Query, signal?: AbortSignal) =>
    request(zTelemetry, `${V1}/devices/${id(device)}/telemetry${toQuery(query)}`, { signal }),
  readings: (register: number, query: Query, signal?: AbortSignal) =>
    request(zPage(zReading), `${V1}/registers/${register}/readings${toQuery(query)}`, { signal }),
  commands: (device: string, signal?: AbortSignal) =>
    request(zPage(zCommandView), `${V1}/devices/${id(device)}/commands${toQuery({ limit: 20 })}`, { signal }),
  sendCommand: (device: string, body: { op: string; reason: string }) =>
    request(zCommandView, `${V1}/devices/${id(device)}/commands`, { body }),

  deadLetters: (query: Query, signal?: AbortSignal) =>
    request(zPage(zDeadLetter), `${V1}/dead-letters${toQuery(query)}`, { signal }),

  feeLines: (query: Query, signal?: AbortSignal) =>
    request(zPage(zFeeLine), `${V1}/fee-lines${toQuery(query)}`, { signal }),
  feeLine: (line: number, signal?: AbortSignal) =>
    request(zFeeLineDetail, `${V1}/fee-lines/${line}`, { signal }),
  runs: (query: Query, signal?: AbortSignal) =>
    request(zPage(zBillingRun), `${V1}/billing/runs${toQuery(query)}`, { signal }),
  run: (run: number, signal?: AbortSignal) => request(zBillingRun, `${V1}/billing/runs/${run}`, { signal }),
  startRun: (body: { site: string; period: string }) => request(zBillingRun, `${V1}/billing/runs`, { body }),

  tariffs: (site: string, signal?: AbortSignal) =>
    request(zPage(zTariff), `${V1}/tariffs${toQuery({ site, limit: 100 })}`, { signal }),
  preview: (body: {
    site: string;
    tariff: { code: string; version: number };
    usage: { kind: 'bands'; quantities: Record<string, string> } | { kind: 'total'; quantity: string };
  }) => request(zTariffPreviewResult, `${V1}/tariffs/preview`, { body }),
};

/** Where the live socket of a floor is. */
export function liveUrl(floor: number): string {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${location.host}${V1}/live?floor=${floor}`;
}
