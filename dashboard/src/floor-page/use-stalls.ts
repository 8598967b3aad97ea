import { useQueries, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { StallState } from '../../../domain/floor.ts';
import { api, type Floor, type Page, type Stall } from '../api.ts';
import type { SceneStall } from '../floor/scene.ts';

const NONE: readonly Stall[] = [];
const queryOf = (floor: number) => ({
  queryKey: ['stalls', floor],
  queryFn: ({ signal }: { signal: AbortSignal }) => api.stalls(floor, signal),
  staleTime: 60_000,
});

/** The floor's stalls, in the forms that the plan and the table need. */
export function useStalls(floor: number) {
  const query = useQuery(queryOf(floor));
  const stalls = query.data?.items ?? NONE;
  const scene = useMemo(
    (): SceneStall[] =>
      stalls.map(({ id, code, rect, lease }) => ({ id, code, rect, merchant: lease?.party.name ?? null })),
    [stalls],
  );
  const stored = useMemo(
    (): ReadonlyMap<number, StallState> =>
      new Map(
        stalls.map((stall) => [
          stall.id,
          {
            id: stall.id,
            occupancy: stall.occupancy,
            leased: stall.lease !== null,
            measuredAt: toMs(stall.measuredAt),
            seenAt: toMs(stall.seenAt),
          },
        ]),
      ),
    [stalls],
  );
  return { query, stalls, scene, stored };
}

const toMs = (at: string | null): number | null => (at === null ? null : Date.parse(at));

/** Every floor's stalls, for the search; those of other floors come once the shown floor is there. */
export function useEveryStall(floors: readonly Floor[], shown: boolean): Stall[] {
  return useQueries({
    queries: floors.map((floor) => ({ ...queryOf(floor.id), enabled: shown })),
    combine: gather,
  });
}

/** Outside the hook, so that the same answers give the same list. */
const gather = (results: readonly { readonly data: Page<Stall> | undefined }[]): Stall[] =>
  results.flatMap((result) => result.data?.items ?? []);
