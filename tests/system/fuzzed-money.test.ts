import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '../api/support.ts';
import { buildBillMarket } from '../billing/bill-market.ts';

const SITE = 'fuzzed';
/** Requests of each operation. */
const RUNS = 5;
/** Of the routes on which money, or what it is computed from, is changed. */
const MONEY =
  /bill|charge|refund|tariff|lease|reading|settlement|bank|callback|period|balance|dispute|write-off|credit|deposit|passes|settings/;

interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly maxLength?: number;
  readonly examples?: readonly unknown[];
}
interface Operation {
  readonly tags?: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

let api: TestApi;
let document: {
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
};
let stateQuery: string;
beforeAll(async () => {
  api = await startTestApi({ providers: ['sandbox', 'cash', 'balance', 'bank_transfer'] as never });
  const market = await buildBillMarket(api.db, SITE);
  const { lease } = await market.lease({});
  const { lease: other } = await market.lease({ charging: 'prepaid' });
  const { lease: third } = await market.lease({});
  await market.lines([lease, other, third].map((one) => ({ lease: one, amount: 1_000n })));
  await market.close('2026-10');
  const bills = await market.drawUp();
  const issued = [bills.get(lease) ?? 0];
  await market.step('review', issued);
  await market.step('issue', issued);
  ({ body: document } = await api.call({ url: '/api/openapi.json', as: 'nobody' }));
  const { rows } = await api.db.$client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'public' AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1`,
  );
  stateQuery = rows
    .map(
      ({ name }) =>
        `SELECT '${name}' AS name, md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) AS hash FROM "${name}" t`,
    )
    .join(' UNION ALL ');
}, 120_000);
afterAll(() => api.close());

const state = async (): Promise<Record<string, string>> => {
  const { rows } = await api.db.$client.query<{ name: string; hash: string }>(stateQuery);
  return Object.fromEntries(rows.map(({ name, hash }) => [name, hash]));
};

const JUNK: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  null,
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'é'.repeat(5_000),
  '__proto__',
  "'; DROP TABLE bills; --",
  '-1',
  '0',
  '1e400',
  'NaN',
  '999999999999999',
  '9223372036854775808',
  '0.0000000001',
  '1,5',
  -1,
  0,
  1.5,
  9007199254740991,
  1e308,
  2147483648,
  true,
  [],
  {},
  [null],
  [[]],
  { a: 1 },
  '0000-00-00',
  '2026-02-30',
  '2026-13',
  '9999-12',
  '0001-01',
  '2026-10-01T00:00:00',
  '9999-12-31T23:59:59Z',
  '-000001-01-01T00:00:00Z',
  '+275760-09-13T00:00:00.000Z',
  '0000-01-01T00:00:00Z',
  '2026-10-01T00:00:00+25:00',
  '2026-10-01T00:00:00+08:00',
  '2016-12-31T23:59:60Z',
);

/** Mostly what the schema takes, as far as that can be said; now and then anything. */
function anyOf(schema: Schema, name = '', depth = 0): fc.Arbitrary<unknown> {
  const good = goodValue(schema, name, depth);
  return fc.oneof({ weight: 14, arbitrary: good }, { weight: 1, arbitrary: JUNK });
}

function goodValue(schema: Schema, name: string, depth: number): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    const target = document.components?.schemas?.[schema.$ref.split('/').at(-1) ?? ''];
    return target && depth < 8 ? goodValue(target, name, depth + 1) : fc.constant(null);
  }
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const options = schema.anyOf ?? schema.oneOf;
  if (options)
    return depth > 8 ? fc.constant(null) : fc.oneof(...options.map((one) => goodValue(one, name, depth + 1)));
  if (schema.allOf) return goodValue(Object.assign({}, ...schema.allOf), name, depth + 1);
  if (name === 'site') return fc.constant(SITE);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case 'object': {
      const properties = Object.entries(schema.properties ?? {});
      if (properties.length === 0)
        return fc.dictionary(fc.constantFrom('a', 'customer', '__proto__'), fc.string(), { maxKeys: 2 });
      const values = Object.fromEntries(
        properties.map(([key, value]) => [key, anyOf(value, key, depth + 1)]),
      );
      return fc.record(values, { requiredKeys: (schema.required ?? []) as never[] }) as fc.Arbitrary<unknown>;
    }
    case 'array':
      if (schema.prefixItems)
        return fc.tuple(...schema.prefixItems.map((item) => anyOf(item, name, depth + 1)));
      return fc.array(anyOf(schema.items ?? {}, name, depth + 1), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.max(schema.minItems ?? 0, 3),
      });
    case 'integer':
    case 'number':
      return fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer());
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'string':
      return textOf(schema, name);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

const INSTANTS = [
  '2026-10-01T00:00:00Z',
  '2025-01-01T00:00:00+08:00',
  '2026-11-01T12:30:00.5Z',
  '2027-01-01T00:00:00Z',
  '2030-01-01T00:00:00Z',
];
function textOf({ format, pattern, maxLength = 12 }: Schema, name: string): fc.Arbitrary<string> {
  if (format === 'date-time') return fc.constantFrom(...INSTANTS);
  if (format === 'date') return fc.constantFrom('2026-10-01', '2026-11-01', '2027-01-01');
  if (/period|month/i.test(name)) return fc.constantFrom('2026-10', '2026-09', '2026-10-31');
  if (pattern !== undefined) {
    try {
      const matching = fc.stringMatching(new RegExp(pattern), { size: 'small' });
      return /^\^\[?-?[[\\1]/.test(pattern)
        ? fc.oneof(matching, fc.constantFrom('1', '100', '500', '0.5', '1000'))
        : matching;
    } catch {
      return fc.string();
    }
  }
  return fc.oneof(
    fc.constantFrom('A001', 'E', 'E-A001', SITE, 'electricity', 'kWh', '100', '0.80', 'a reason to do it'),
    fc.string({ unit: 'binary', maxLength: Math.min(maxLength, 20) }),
  );
}

const PARAM = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('1', '2', '3') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '0',
      '-1',
      '9223372036854775808',
      '9007199254740993',
      '1e3',
      'abc',
      '%00',
      '%F0%9F%92%A9',
      '99999',
      ' ',
    ),
  },
);

const paramOf = (path: string, name: string): fc.Arbitrary<string> => {
  if (name === 'site' || path.startsWith('/api/v1/sites/')) return fc.constant(SITE);
  if (name === 'period') return fc.constantFrom('2026-10', '2026-11', '2026-13', '9999-01', '0000-01', '%00');
  return name === 'provider' ? fc.constantFrom('sandbox', 'stripe', 'nobody') : PARAM;
};

function requestOf(method: string, path: string, operation: Operation) {
  const [content] = Object.values(operation.requestBody?.content ?? {});
  const body = content ? anyOf(content.schema) : fc.constant(undefined);
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
  return fc.tuple(fc.tuple(...names.map((name) => paramOf(path, name))), body).map(([values, payload]) => ({
    method: method.toUpperCase() as 'POST',
    url: names.reduce((url, name, i) => url.replace(`{${name}}`, values[i] ?? ''), path),
    ...(payload === undefined
      ? {}
      : { payload: JSON.stringify(payload), headers: { 'content-type': 'application/json' } }),
  }));
}

test('whatever a body says, nobody gets a 5xx, and what is refused has changed no row', {
  timeout: 180_000,
}, async () => {
  const requests = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => method !== 'get' && MONEY.test(path))
      .map(([method, operation]) => requestOf(method, path, operation)),
  );
  expect(requests.length).toBeGreaterThan(30);
  const seed = Date.now() % 1_000_000_000;
  let before = await state();
  let refused = 0;
  for (const request of requests) {
    for (const one of fc.sample(request, { numRuns: RUNS, seed })) {
      const { status } = await api.call(one);
      const about = { seed, ...one, status };
      expect(status < 500, JSON.stringify(about)).toBe(true);
      const after = await state();
      if (status >= 400) {
        refused++;
        expect(after, JSON.stringify(about)).toEqual(before);
      }
      before = after;
    }
  }
  expect(refused).toBeGreaterThan(requests.length);
});

test.each([
  ['POST', '/api/v1/bills/runs', { site: 'a\u0000b', period: '2026-10' }, 422],
  ['POST', '/api/v1/passes/1/collection', { amount: '0.5' }, 400],
  ['POST', `/api/v1/periods/${SITE}/0000-01/close`, undefined, 404],
  [
    'PUT',
    `/api/v1/sites/${SITE}/settings`,
    { settings: { prepaid: { lowBalance: ['1', '0.5'] } }, updatedAt: null },
    400,
  ],
] as const)('%s %s with %j is refused with %d', async (method, url, payload, status) => {
  expect((await api.call({ method, url, ...(payload ? { payload } : {}) })).status).toBe(status);
});
