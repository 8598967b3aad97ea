import type { FastifyInstance } from 'fastify';
import { type ById, page, problem } from './mock-answers.ts';
import type { Market } from './mock-market.ts';
import { SITE } from './mock-site.ts';

/** Fee lines, billing runs and tariffs. */
export function chargingRoutes(app: FastifyInstance, market: Market): void {
  app.get<{ Querystring: Record<string, string> }>('/api/v1/fee-lines', ({ query }) =>
    page(
      market.feeLines.filter(
        (line) =>
          (!query.period || line.period === query.period) &&
          (!query.commodity || line.commodity === query.commodity) &&
          (!query.stall || line.lease.stall === query.stall),
      ),
      query,
    ),
  );
  app.get<ById>('/api/v1/fee-lines/:id', ({ params }, reply) => {
    const line = market.feeLines.find((one) => one.id === Number(params.id));
    return line ?? problem(reply, 404, 'there is no such fee line');
  });
  app.get('/api/v1/billing/runs', () => ({ items: market.runs.toReversed(), nextCursor: null }));
  app.get('/api/v1/periods', () => ({ items: [], nextCursor: null }));
  app.get<ById>('/api/v1/billing/runs/:id', ({ params }, reply) => {
    const run = market.runs.find((one) => one.id === Number(params.id));
    return run ?? problem(reply, 404, 'there is no such run');
  });
  app.post<{ Body: { period: string } }>('/api/v1/billing/runs', ({ body }, reply) => {
    const run: Market['runs'][number] = {
      id: market.runs.length + 1,
      site: SITE.id,
      period: body.period,
      kind: 'charge',
      comparedRunId: null,
      status: 'queued',
      requestedBy: '李会计',
      requestedAt: new Date().toISOString(),
      startedAt: null,
      finishedAt: null,
      pointsTotal: 0,
      pointsDone: 0,
      linesPosted: 0,
      amountPosted: '0',
      problems: [],
      error: null,
    };
    market.runs.push(run);
    const step = setInterval(() => {
      const done = Math.min(620, run.pointsDone + 155);
      Object.assign(run, {
        status: 'running',
        startedAt: run.requestedAt,
        pointsTotal: 620,
        pointsDone: done,
      });
      if (done < 620) return;
      clearInterval(step);
      Object.assign(run, {
        status: 'succeeded',
        finishedAt: new Date().toISOString(),
        linesPosted: market.feeLines.length,
        amountPosted: String(market.feeLines.reduce((sum, line) => sum + BigInt(line.amount), 0n)),
        problems: [
          { meteringPointId: 42, code: 'no_reading', detail: 'no reading after the end of the period' },
        ],
      });
    }, 400);
    step.unref();
    return reply.code(202).send(run);
  });
  app.get('/api/v1/tariffs', () => ({ items: market.tariffs, nextCursor: null }));
  app.post<{ Body: { usage: { quantity?: string } } }>('/api/v1/tariffs/preview', ({ body }) => {
    const quantity = BigInt(body.usage.quantity ?? '1000000');
    const amount = String((quantity * 95n) / 10_000n);
    return {
      currency: 'CNY',
      digits: 2,
      quantity: String(quantity),
      amount,
      lines: [
        {
          component: 'water',
          band: 'all',
          quantity: String(quantity),
          unitPrice: '9.5',
          unrounded: '9.5',
          amount,
        },
      ],
    };
  });
}
