import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { zProblem } from '../contracts/rest.ts';
import { isRefusalCode, type RefusalCode, type RefusalThing } from '../domain/refusals.ts';
import { readDatabaseError } from '../store/database-errors.ts';

export type ProblemBody = z.infer<typeof zProblem>;
type FieldError = NonNullable<ProblemBody['errors']>[number];

/** What a page says in its user's language instead of the English detail. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly values?: Readonly<Record<string, string>>;
}

/** An expected refusal: its message is for the caller. Throw it anywhere in a request. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly errors: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;
  readonly refusal: Refusal;

  constructor(
    status: number,
    detail: string,
    refusal: RefusalCode | Refusal,
    more: {
      errors?: readonly FieldError[];
      headers?: Readonly<Record<string, string>>;
      cause?: unknown;
    } = {},
  ) {
    super(detail, { cause: more.cause });
    this.status = status;
    this.refusal = typeof refusal === 'string' ? { code: refusal } : refusal;
    this.errors = more.errors ?? [];
    this.headers = more.headers ?? {};
  }
}

export const missing = (what: RefusalThing): Refusal => ({ code: 'no_such', values: { what } });
export const notFound = (what: RefusalThing): Problem =>
  new Problem(404, `there is no such ${what.replaceAll('_', ' ')}`, missing(what));
/** A request that is well formed and names something that does not exist or does not fit. */
export const unprocessable = (path: string, message: string, refusal: RefusalCode | Refusal): Problem =>
  new Problem(422, `${path}: ${message}`, refusal, { errors: [{ path, message }] });
export const noSuchSite = (): Problem =>
  unprocessable(
    'body.site',
    'there is no such site: GET /api/v1/sites lists them, POST makes one',
    missing('site'),
  );
export const unavailable = (detail: string, cause?: unknown): Problem =>
  new Problem(503, detail, 'unavailable', { headers: { 'retry-after': String(RETRY_AFTER_S) }, cause });

const RETRY_AFTER_S = 5;

/** What a broken constraint means in the caller's words. */
const CONFLICTS: Readonly<Partial<Record<RefusalCode, string>>> = {
  sites_pkey: 'a site with this id exists',
  places_code: 'the site has a place with this code',
  devices_serial: 'the site has a device with this serial',
  metering_points_code: 'the site has a metering point with this code',
  installations_one_per_point: 'the metering point has another register in that time',
  installations_one_per_register: 'the register serves another metering point in that time',
  leases_no_overlap: 'the stall has another lease in that time',
  leases_one_house: 'the site has its house lease',
  vehicles_plate: 'the site has a vehicle with this plate',
  vehicle_payers_no_overlap: 'somebody else pays for the vehicle in that time',
  monthly_passes_no_overlap: 'the vehicle has a monthly pass in that time',
  pass_collections_pass: 'money was taken for this pass before',
  leases_one_walk_in: 'the site has its walk-in account',
  lease_tariffs_no_overlap: 'the lease has another tariff for this commodity in that time',
  tariffs_code: 'the site has a tariff with this code',
  tariff_versions_version: 'the tariff has this version',
  tariff_versions_from: 'the tariff has a version that takes effect at that instant',
  split_rules_once: 'there is a rule for this component from that instant',
  settlement_payouts_ref: 'this transfer was entered before',
  settlement_holds_open: 'it is held already',
  users_username_unique: 'somebody has this user name',
};

/** The one translator of errors to RFC 9457. Messages from 500 up are hidden from the caller, and logged. */
export function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblem(error);
  if (problem.status === 503) request.log.warn({ err: error }, 'request refused');
  else if (problem.status >= 500) request.log.error({ err: error }, 'request failed');
  sendProblem(request, reply, problem);
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): void {
  const hidden = problem.status >= 500 && problem.status !== 503;
  const body: ProblemBody = {
    type: 'about:blank',
    title: STATUS_CODES[problem.status] ?? 'Error',
    status: problem.status,
    ...(hidden ? {} : { detail: problem.message }),
    instance: request.url.split('?')[0] ?? request.url,
    ...(problem.errors.length > 0 ? { errors: [...problem.errors] } : {}),
    ...(hidden ? {} : problem.refusal),
  };
  // Not the route's schema for this status: a problem looks the same everywhere.
  void reply
    .code(problem.status)
    .headers(problem.headers)
    .type('application/problem+json')
    .serializer((text: unknown) => String(text))
    .send(JSON.stringify(body));
}

function toProblem(error: FastifyError): Problem {
  if (error instanceof Problem) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const where = error.validationContext ?? 'body';
    const errors = error.validation.map((issue) => ({
      path: [where, ...issue.instancePath.split('/').filter((part) => part !== '')].join('.'),
      message: issue.message ?? 'is not valid',
    }));
    const values = { fields: errors.map(({ path }) => path).join(' ') };
    const detail = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
    return new Problem(400, detail, { code: 'malformed', values }, { errors });
  }
  const database = readDatabaseError(error);
  if (database) return databaseProblem(database, error);
  if (error.code === 'FST_ERR_HANDLER_TIMEOUT') return unavailable('it took too long', error);
  const { statusCode = 500 } = error;
  const status = statusCode >= 400 && statusCode < 600 ? statusCode : 500;
  return new Problem(status, error.message, codeOf(status), { cause: error });
}

/** What the framework refuses by itself. */
function codeOf(status: number): RefusalCode {
  if (status === 413) return 'too_large';
  return status < 500 ? 'bad_request' : 'unavailable';
}

function databaseProblem(error: NonNullable<ReturnType<typeof readDatabaseError>>, cause: Error): Problem {
  switch (error.kind) {
    case 'away':
      return unavailable('the database cannot be reached', cause);
    case 'full':
      return unavailable('the disk of the database is full: free some space, then try again', cause);
    case 'busy':
      return unavailable('others were changing the same at that moment: try again', cause);
    case 'text':
      return new Problem(
        422,
        'a text has a character that cannot be kept (U+0000): leave it out',
        { code: 'rule_broken', values: { rule: 'U+0000' } },
        { cause },
      );
    case 'out-of-range':
      return new Problem(422, 'a number is larger than the platform keeps', 'number_too_large', { cause });
    case 'unique':
    case 'exclusion': {
      const code = isRefusalCode(error.constraint) ? error.constraint : 'conflict';
      return new Problem(409, CONFLICTS[code] ?? 'it conflicts with what exists', code, { cause });
    }
    case 'foreign-key':
      return new Problem(422, 'it refers to something that does not exist', 'refers_to_nothing', { cause });
    case 'check': {
      const values = { rule: error.constraint };
      return new Problem(
        422,
        `it breaks the rule ${values.rule}`,
        { code: 'rule_broken', values },
        { cause },
      );
    }
  }
}
