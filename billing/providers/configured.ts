import { createPrivateKey, createPublicKey } from 'node:crypto';
import { createAlipay } from './alipay.ts';
import { createBankTransfer } from './local.ts';
import type { PaymentProvider } from './port.ts';
import { createSandbox } from './sandbox.ts';
import { createStripe } from './stripe.ts';
import { createWechatPay } from './wechat-pay.ts';

/** Credentials as the environment has them; keys are PEM texts. What is not there is not offered. */
export interface ProviderSettings {
  /** Where browsers and providers reach the platform. */
  readonly publicUrl?: string | undefined;
  readonly bank?:
    | { readonly accountName: string; readonly account: string; readonly bank: string }
    | undefined;
  readonly wechatPay?:
    | {
        readonly merchantId: string;
        readonly appId: string;
        readonly serial: string;
        readonly privateKey: string;
        readonly apiV3Key: string;
        readonly platformKey: string;
        readonly platformSerial: string;
      }
    | undefined;
  readonly alipay?:
    | {
        readonly appId: string;
        readonly privateKey: string;
        readonly alipayKey: string;
        readonly gateway: string;
      }
    | undefined;
  readonly stripe?: { readonly secretKey: string; readonly webhookSecret: string } | undefined;
  readonly sandbox?: { readonly url: string; readonly secret: string } | undefined;
}

/** @throws when a key is no key. */
export function configuredProviders(settings: ProviderSettings): readonly PaymentProvider[] {
  const { publicUrl = 'http://localhost', bank, wechatPay, alipay, stripe, sandbox } = settings;
  const callbackUrl = (name: string): string => new URL(`/api/v1/callbacks/${name}`, publicUrl).href;
  return [
    ...(bank ? [createBankTransfer(bank)] : []),
    ...(wechatPay
      ? [
          createWechatPay({
            ...wechatPay,
            privateKey: createPrivateKey(wechatPay.privateKey),
            platformKey: createPublicKey(wechatPay.platformKey),
            callbackUrl: callbackUrl('wechat_pay'),
          }),
        ]
      : []),
    ...(alipay
      ? [
          createAlipay({
            ...alipay,
            privateKey: createPrivateKey(alipay.privateKey),
            alipayKey: createPublicKey(alipay.alipayKey),
            callbackUrl: callbackUrl('alipay'),
          }),
        ]
      : []),
    ...(stripe ? [createStripe({ ...stripe, returnUrl: new URL('/payments', publicUrl).href })] : []),
    ...(sandbox ? [createSandbox({ ...sandbox, callbackUrl: callbackUrl('sandbox') })] : []),
  ];
}
