import type { ProviderSettings } from './billing/providers/configured.ts';
import type { Config } from './config.ts';
import type { SandboxProvider } from './demo/sandbox-provider.ts';

/** Only what is configured is offered; the demonstration has a provider of its own. */
export function providerSettings(config: Config, sandbox: SandboxProvider | undefined): ProviderSettings {
  return {
    publicUrl: config.PUBLIC_URL ?? `http://localhost:${config.HTTP_PORT}`,
    ...(config.BANK_ACCOUNT && config.BANK_ACCOUNT_NAME && config.BANK_NAME
      ? {
          bank: {
            accountName: config.BANK_ACCOUNT_NAME,
            account: config.BANK_ACCOUNT,
            bank: config.BANK_NAME,
          },
        }
      : sandbox
        ? { bank: { accountName: '南门市场管理有限公司', account: '6222 0000 0000 0000', bank: '示例银行' } }
        : {}),
    ...(config.WECHAT_PAY_MERCHANT_ID
      ? {
          wechatPay: {
            merchantId: config.WECHAT_PAY_MERCHANT_ID,
            appId: config.WECHAT_PAY_APP_ID ?? '',
            serial: config.WECHAT_PAY_SERIAL ?? '',
            privateKey: config.WECHAT_PAY_KEY ?? '',
            apiV3Key: config.WECHAT_PAY_API_V3_KEY ?? '',
            platformKey: config.WECHAT_PAY_PLATFORM_KEY ?? '',
            platformSerial: config.WECHAT_PAY_PLATFORM_SERIAL ?? '',
          },
        }
      : {}),
    ...(config.ALIPAY_APP_ID
      ? {
          alipay: {
            appId: config.ALIPAY_APP_ID,
            privateKey: config.ALIPAY_KEY ?? '',
            alipayKey: config.ALIPAY_PUBLIC_KEY ?? '',
            gateway: config.ALIPAY_GATEWAY,
          },
        }
      : {}),
    ...(config.STRIPE_SECRET_KEY
      ? { stripe: { secretKey: config.STRIPE_SECRET_KEY, webhookSecret: config.STRIPE_WEBHOOK_SECRET ?? '' } }
      : {}),
    ...(sandbox
      ? { sandbox: { url: sandbox.url, secret: sandbox.secret } }
      : config.SANDBOX_URL
        ? { sandbox: { url: config.SANDBOX_URL, secret: config.SANDBOX_SECRET ?? '' } }
        : {}),
  };
}
