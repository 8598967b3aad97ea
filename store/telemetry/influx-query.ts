import { z } from 'zod';

const zValue = z.union([z.number(), z.boolean(), z.string(), z.null()]);
const zSeries = z.object({
  tags: z.record(z.string(), z.string()).optional(),
  columns: z.array(z.string()),
  values: z.array(z.array(zValue)),
});
const zAnswer = z.object({
  results: z.array(z.object({ series: z.array(zSeries).optional(), error: z.string().optional() })),
});
export type Series = z.infer<typeof zSeries>;

/**
 * Before the first write there is no database, and means exist of numbers only: both are an empty answer. `not
 * executed` is said of what comes after such a statement.
 */
const EMPTY = /^database not found|^unsupported mean iterator type|^not executed$/;

/**
 * The series of each statement in an answer of `/query`, in InfluxDB's 1.x JSON.
 * @throws when a statement failed.
 */
export function influxQl(answer: unknown): readonly (readonly Series[])[] {
  return zAnswer.parse(answer).results.map(({ series = [], error }) => {
    if (error !== undefined && !EMPTY.test(error)) throw new Error(`InfluxDB: ${error}`);
    return series;
  });
}

export const identifier = (name: string): string =>
  `"${name.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;

const literal = (text: string): string => `'${text.replace(/['\\]/g, '\\$&').replaceAll('\n', '\\n')}'`;

export const equals = (tag: string, value: string): string => `${identifier(tag)} = ${literal(value)}`;

export const oneOf = (tag: string, values: readonly string[]): string =>
  `(${values.map((value) => equals(tag, value)).join(' OR ')})`;
