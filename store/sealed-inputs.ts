import type { Mark } from '../domain/metering/boundary.ts';
import type { SealedInputs } from '../domain/settlement/sealed.ts';
import type { Queryable } from './database.ts';
import { inChunks, jsonParam, numbersParam } from './pg-arrays.ts';

const ROWS_MAX = 2_000;

/** Part of the transaction that settles the points: with it, which of their lines had been posted then. */
export async function writeSealedInputs(
  tx: Queryable,
  runId: number,
  points: readonly { readonly meteringPointId: number; readonly inputs: SealedInputs }[],
): Promise<void> {
  await inChunks(points, ROWS_MAX, (rows) =>
    tx.query(
      `INSERT INTO sealed_inputs (run_id, metering_point_id, last_line_id, inputs)
       SELECT $1, point, coalesce((SELECT max(id) FROM fee_lines l WHERE l.metering_point_id = t.point), 0), inputs
       FROM unnest($2::bigint[], string_to_array($3, E'\\n')::jsonb[]) t(point, inputs)
       ON CONFLICT (run_id, metering_point_id) DO UPDATE SET last_line_id = excluded.last_line_id, inputs = excluded.inputs`,
      [
        runId,
        numbersParam(rows, ({ meteringPointId }) => meteringPointId),
        jsonParam(rows, ({ inputs }) => inputsJson(inputs)),
      ],
    ),
  );
}

/** The next points of a run in the order of their ids. */
export async function readSealedInputs(
  tx: Queryable,
  runId: number,
  afterId: number,
  pointsMax: number,
): Promise<ReadonlyMap<number, SealedInputs & { readonly lastLineId: number }>> {
  const { rows } = await tx.query<{ point: string; last: string; inputs: string }>(
    `SELECT metering_point_id AS point, last_line_id AS last, inputs::text FROM sealed_inputs
     WHERE run_id = $1 AND metering_point_id > $2 ORDER BY metering_point_id LIMIT $3`,
    [runId, afterId, pointsMax],
  );
  return new Map(
    rows.map(({ point, last, inputs }) => [
      Number(point),
      { ...inputsOf(JSON.parse(inputs)), lastLineId: Number(last) },
    ]),
  );
}

interface MarkJson extends Omit<Mark, 'value' | 'total'> {
  readonly value: string;
  readonly total: string;
}
type Texts<T> = { readonly [K in keyof T]: T[K] extends bigint ? string : T[K] };
interface InputsJson {
  readonly resume: MarkJson | null;
  readonly known: readonly Texts<SealedInputs['known'][number]>[];
  readonly estimates: readonly {
    readonly at: number;
    readonly value: string;
    readonly before: MarkJson;
    readonly basis: { readonly from: number; readonly to: number; readonly quantity: string } | null;
  }[];
  readonly shares: readonly Texts<SealedInputs['shares'][number]>[];
}

const markJson = (mark: Mark): MarkJson => ({ ...mark, value: `${mark.value}`, total: `${mark.total}` });
const markOf = (mark: MarkJson): Mark => ({ ...mark, value: BigInt(mark.value), total: BigInt(mark.total) });

const inputsJson = ({ resume, known, estimates, shares }: SealedInputs): InputsJson => ({
  resume: resume && markJson(resume),
  known: known.map(({ at, value }) => ({ at, value: `${value}` })),
  estimates: estimates.map(({ at, value, before, basis }) => ({
    ...{ at, value: `${value}`, before: markJson(before) },
    basis: basis && { ...basis, quantity: `${basis.quantity}` },
  })),
  shares: shares.map(({ share, ...range }) => ({ ...range, share: `${share}` })),
});

const inputsOf = ({ resume, known, estimates, shares }: InputsJson): SealedInputs => ({
  resume: resume && markOf(resume),
  known: known.map(({ at, value }) => ({ at, value: BigInt(value) })),
  estimates: estimates.map(({ at, value, before, basis }) => ({
    ...{ at, value: BigInt(value), before: markOf(before) },
    basis: basis && { ...basis, quantity: BigInt(basis.quantity) },
  })),
  shares: shares.map(({ share, ...range }) => ({ ...range, share: BigInt(share) })),
});
