import { z } from 'zod';
import {
  CALLBACK_BYTES_MAX,
  CALLBACK_REPLY,
  SIGNED_HEADERS,
  zCallbackParams,
} from '../../contracts/callbacks.ts';
import { storeCallback } from '../../store/provider-callbacks.ts';
import { transaction } from '../../store/transaction.ts';
import { notFound, unavailable } from '../problems.ts';
import type { App, Routes } from '../routes.ts';

const CALLBACKS_PER_MINUTE_MAX = 1_200;

/**
 * Where payment providers call. Whoever they are is proven by a signature over the very bytes, which billing
 * verifies: here they are stored as they came, and only then is the provider told that they arrived.
 */
export const callbackRoutes: Routes = (app, { db, providers }) => {
  void app.register(async (scope) => {
    // Bytes, whatever they say they are: only this route takes anything but JSON.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: CALLBACK_BYTES_MAX },
      (_request, body, done) => done(null, body),
    );
    (scope as App).post(
      '/callbacks/:provider',
      {
        config: { access: 'public', rateLimit: { max: CALLBACKS_PER_MINUTE_MAX, timeWindow: 60_000 } },
        bodyLimit: CALLBACK_BYTES_MAX,
        schema: {
          tags: ['payments'],
          summary: 'What a payment provider tells us',
          description:
            'Give this address to the provider. The body is kept as it came, at most 64 kB; the answer is the one that the provider expects, after it was stored.',
          params: zCallbackParams,
          response: { 200: z.string(), 204: z.string() },
        },
      },
      async (request, reply) => {
        const { provider } = request.params;
        if (!providers.includes(provider)) throw notFound('payment_provider');
        const headers: Record<string, string> = {};
        for (const name of SIGNED_HEADERS[provider]) {
          const value = request.headers[name];
          if (typeof value === 'string') headers[name] = value;
        }
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const stored = await transaction(db, (tx) =>
          storeCallback(tx, { provider, headers, body, receivedAt: new Date() }),
        );
        if (!stored) throw unavailable('too many callbacks wait to be processed');
        const answer = CALLBACK_REPLY[provider];
        return reply.code(answer.status).type('text/plain').send(answer.body);
      },
    );
  });
};
