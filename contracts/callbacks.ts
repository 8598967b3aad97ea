import { z } from 'zod';
import { CALLING_PROVIDERS, type CallingProvider } from '../domain/charges.ts';

export const CALLBACK_BYTES_MAX = 64 * 1024;

export const zCallbackParams = z.object({ provider: z.enum(CALLING_PROVIDERS) });

/** What of a callback beside its body is signed: nothing else of its headers is kept. */
export const SIGNED_HEADERS = {
  wechat_pay: ['wechatpay-timestamp', 'wechatpay-nonce', 'wechatpay-signature', 'wechatpay-serial'],
  alipay: [],
  stripe: ['stripe-signature'],
  sandbox: ['x-sandbox-timestamp', 'x-sandbox-signature'],
} as const satisfies Record<CallingProvider, readonly string[]>;

/** What a provider takes for "arrived"; anything else makes it call again. */
export const CALLBACK_REPLY = {
  wechat_pay: { status: 204, body: '' },
  alipay: { status: 200, body: 'success' },
  stripe: { status: 200, body: 'ok' },
  sandbox: { status: 200, body: 'ok' },
} as const satisfies Record<CallingProvider, { readonly status: number; readonly body: string }>;
