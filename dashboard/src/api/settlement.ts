import { z } from 'zod';
import { zPage } from '../../../contracts/rest.ts';
import {
  zHold,
  zPayout,
  zSettlementParty,
  zSettlementRun,
  zShare,
  zSplitRule,
  zStatement,
} from '../../../contracts/settlement.ts';
import { zParty } from '../../../contracts/setup.ts';
import { type Query, request, toQuery, V1 } from '../api.ts';

export type SplitRule = z.infer<typeof zSplitRule>;
export type SettlementParty = z.infer<typeof zSettlementParty>;
export type Statement = z.infer<typeof zStatement>;
export type Share = z.infer<typeof zShare>;
export type Payout = z.infer<typeof zPayout>;
export type Hold = z.infer<typeof zHold>;
export type Party = z.infer<typeof zParty>;

const SETTLEMENT = `${V1}/settlement`;
/** Who may have a share. */
const SHARING = ['owner', 'integrator', 'operator'] as const;

export const settlementApi = {
  async candidates(signal?: AbortSignal): Promise<Party[]> {
    const pages = await Promise.all(
      SHARING.map((kind) =>
        request(zPage(zParty), `${V1}/parties${toQuery({ kind, limit: 200 })}`, { signal }),
      ),
    );
    return pages.flatMap(({ items }) => items);
  },
  rules: (site: string, signal?: AbortSignal) =>
    request(zPage(zSplitRule), `${SETTLEMENT}/rules${toQuery({ site })}`, { signal }),
  createRule: (body: unknown) => request(zSplitRule, `${SETTLEMENT}/rules`, { body }),
  deleteRule: (id: number) => request(z.null(), `${SETTLEMENT}/rules/${id}`, { method: 'DELETE' }),
  parties: (site: string, signal?: AbortSignal) =>
    request(zPage(zSettlementParty), `${SETTLEMENT}/parties${toQuery({ site })}`, { signal }),
  statement: (party: number, query: Query, signal?: AbortSignal) =>
    request(zStatement, `${SETTLEMENT}/parties/${party}/statement${toQuery(query)}`, { signal }),
  shares: (query: Query, signal?: AbortSignal) =>
    request(zPage(zShare), `${SETTLEMENT}/shares${toQuery(query)}`, { signal }),
  payouts: (query: Query, signal?: AbortSignal) =>
    request(zPage(zPayout), `${SETTLEMENT}/payouts${toQuery(query)}`, { signal }),
  payOut: (body: unknown) => request(zPayout, `${SETTLEMENT}/payouts`, { body }),
  holds: (query: Query, signal?: AbortSignal) =>
    request(zPage(zHold), `${SETTLEMENT}/holds${toQuery(query)}`, { signal }),
  hold: (body: unknown) => request(zHold, `${SETTLEMENT}/holds`, { body }),
  release: (id: number, reason: string) =>
    request(zHold, `${SETTLEMENT}/holds/${id}/release`, { body: { reason } }),
  runs: (query: Query, signal?: AbortSignal) =>
    request(zPage(zSettlementRun), `${SETTLEMENT}/runs${toQuery(query)}`, { signal }),
  run: (site: string) => request(zSettlementRun, `${SETTLEMENT}/runs`, { body: { site } }),
};
