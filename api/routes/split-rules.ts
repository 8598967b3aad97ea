import { z } from 'zod';
import { zIdParams, zPage } from '../../contracts/rest.ts';
import { zSplitRule, zSplitRuleCreate } from '../../contracts/settlement.ts';
import { splitRefusal } from '../../domain/settlement-split.ts';
import { recordAction } from '../../store/actions.ts';
import { findParty } from '../../store/parties.ts';
import { findSite } from '../../store/sites.ts';
import { createSplitRule, deleteSplitRule, listSplitRules, type SplitRule } from '../../store/split-rules.ts';
import { transaction } from '../../store/transaction.ts';
import { principalOf } from '../access.ts';
import { missing, noSuchSite, notFound, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

/** A site has a few dozen at most: one page holds them. */
const RULES_MAX = 1_000;

const viewRule = ({ siteId, effectiveFrom, createdAt, ...rule }: SplitRule): z.output<typeof zSplitRule> => ({
  ...rule,
  site: siteId,
  shares: rule.shares.map(({ partyId, party, percent }) => ({ partyId, party, percent })),
  effectiveFrom: effectiveFrom.toISOString(),
  createdAt: createdAt.toISOString(),
});

const REFUSALS = {
  not_positive: () => 'each share is above 0 percent',
  party_twice: () => 'a party is named twice: add its shares up',
  not_100: (sum: string) => `add up to ${sum} percent, not 100`,
} as const;

export const splitRuleRoutes: Routes = (app, { db }) => {
  app.get(
    '/settlement/rules',
    {
      config: { access: 'settlement:read' },
      schema: {
        tags: ['settlement'],
        summary: 'How fees are divided, by component, each version',
        querystring: z.object({ site: z.string() }),
        response: { 200: zPage(zSplitRule) },
      },
    },
    async ({ query: { site } }) => ({
      items: (await listSplitRules(db.$client, { site, limit: RULES_MAX })).map(viewRule),
      nextCursor: null,
    }),
  );

  app.post(
    '/settlement/rules',
    {
      config: { access: 'settlement:write' },
      schema: {
        tags: ['settlement'],
        summary: 'Divide a component’s fees from an instant on',
        description:
          'Percent with at most 4 decimals that add up to 100. What was paid since `effectiveFrom` and not shared yet is ' +
          'divided by it too; what was shared stays. A version that fees were shared by does not change: write the next one.',
        body: zSplitRuleCreate,
        response: { 201: zSplitRule },
      },
    },
    async (request, reply) => {
      const { site, shares, effectiveFrom, ...rest } = request.body;
      if (!(await findSite(db, site))) throw noSuchSite();
      const refused = splitRefusal(shares);
      if (refused) {
        const { why, sum } = refused;
        throw unprocessable('body.shares', REFUSALS[why](sum), { code: `shares_${why}`, values: { sum } });
      }
      for (const [n, { partyId }] of shares.entries()) {
        const party = await findParty(db, partyId);
        if (!party)
          throw unprocessable(`body.shares.${n}.partyId`, 'there is no such party', missing('party'));
        if (party.kind === 'merchant') {
          throw unprocessable(
            `body.shares.${n}.partyId`,
            'is a merchant: shares go to owner, integrator or operator',
            'party_is_merchant',
          );
        }
      }
      const { actor } = principalOf(request);
      const at = new Date();
      const id = await transaction(db, async (tx) => {
        const rule = { siteId: site, ...rest, shares, effectiveFrom: new Date(effectiveFrom), actor, at };
        const created = await createSplitRule(tx, rule);
        if ('sharedTo' in created) {
          const until = created.sharedTo.toISOString();
          throw new Problem(409, `fees of service up to ${until} are shared already: choose a later start`, {
            code: 'shared_already',
            values: { until },
          });
        }
        const subject = `split rule ${created.id}`;
        const detail = { ...rest, effectiveFrom, shares };
        await recordAction(tx.orm, { siteId: site, at, actor, action: 'settlement.rule', subject, detail });
        return created.id;
      });
      const [rule] = await listSplitRules(db.$client, { id, limit: 1 });
      if (!rule) throw new Error('the rule was not returned');
      return reply.code(201).send(viewRule(rule));
    },
  );

  app.delete(
    '/settlement/rules/:id',
    {
      config: { access: 'settlement:write' },
      schema: {
        tags: ['settlement'],
        summary: 'Take back a rule that nothing was shared by',
        params: zIdParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const [rule] = await listSplitRules(db.$client, { id: request.params.id, limit: 1 });
      if (!rule) throw notFound('split_rule');
      const { actor } = principalOf(request);
      await transaction(db, async (tx) => {
        if (!(await deleteSplitRule(tx, rule))) {
          throw new Problem(
            409,
            'fees were shared by this rule: write a version that takes effect later',
            'rule_used',
          );
        }
        const { siteId, component, shares } = rule;
        const action = { siteId, at: new Date(), actor, action: 'settlement.rule-deleted' };
        await recordAction(tx.orm, {
          ...action,
          subject: `split rule ${rule.id}`,
          detail: { component, shares },
        });
      });
      return reply.code(204).send(null);
    },
  );
};
