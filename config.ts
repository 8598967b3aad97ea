import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const PORT = 'a port number from 0 to 65535 (0: any free one)';
const url = (...protocols: string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol));
const NATS_URL = /^(nats|tls):\/\/\S+$/;
/** An address, or a network such as 10.0.0.0/8. */
const isNetwork = (text: string): boolean => {
  const [address = '', bits = '0', ...rest] = text.split('/');
  const bitsMax = isIP(address) === 4 ? 32 : 128;
  return isIP(address) !== 0 && rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax;
};
const pemFile = z.string().transform((path, context) => {
  try {
    const pem = readFileSync(path, 'utf8');
    if (pem.includes('-----BEGIN ')) return pem;
  } catch {}
  context.addIssue('not readable');
  return z.NEVER;
});

/** Every variable: its schema, and in words what it accepts, which is also what a wrong value is answered with. */
const VARIABLES = {
  HTTP_PORT: [port.default(8080), PORT],
  MQTT_PORT: [port.default(1883), PORT],
  MQTTS_PORT: [port.default(8883), PORT],
  METRICS_PORT: [port.optional(), PORT],
  TLS_CERT: [pemFile.optional(), 'the path of a readable PEM certificate'],
  TLS_KEY: [pemFile.optional(), 'the path of a readable PEM private key'],
  DATA_DIR: [z.string().default('./data'), 'the path of a folder to keep data in'],
  DATABASE_URL: [
    url('postgres:', 'postgresql:').optional(),
    'a URL like postgres://user:password@host:5432/name',
  ],
  DATABASE_CONNECTIONS: [z.coerce.number().int().min(4).max(200).default(20), 'a number from 4 to 200'],
  INFLUX_URL: [url('http:', 'https:').optional(), 'a URL like http://host:8086'],
  INFLUX_TOKEN: [
    z.string().default(''),
    'an API token; on 1.x `user:password`, or nothing where it asks for none',
  ],
  INFLUX_ORG: [z.string().default('stallgrid'), "an organisation's name"],
  INFLUX_BUCKET: [z.string().default('stallgrid'), "a bucket's name; on 1.x a database's"],
  INFLUX_API: [z.enum(['v2', 'v1']).default('v2'), 'v2 (InfluxDB 2.x and 3.x) or v1'],
  JOURNAL_DAYS: [
    z.coerce.number().positive().max(3_650).default(7),
    'a number of days above 0 and up to 3650',
  ],
  JOURNAL_GB: [
    z.coerce.number().min(0.01).max(100_000).default(20),
    'the largest size of the journal in GB, from 0.01 to 100000',
  ],
  JOURNAL_URL: [
    z
      .string()
      .refine((text) => text.split(',').every((part) => NATS_URL.test(part.trim())))
      .optional(),
    'NATS servers with JetStream, like nats://host:4222, with commas between several',
  ],
  JOURNAL_PARTITIONS: [
    z.coerce.number().int().min(1).max(256).default(8),
    'how many journals share the sites on NATS, from 1 to 256',
  ],
  JOURNAL_REPLICAS: [
    z.coerce.number().int().min(1).max(5).default(3),
    'how many NATS servers keep each message, from 1 to 5',
  ],
  ADMIN_TOKEN: [z.string().min(16).optional(), 'a secret of at least 16 characters'],
  AUTH_SECRET: [
    z.string().min(32).optional(),
    'a secret of at least 32 characters, the same for every api process',
  ],
  TRUSTED_PROXIES: [
    z
      .string()
      .refine((text) => text.split(',').every((part) => isNetwork(part.trim())))
      .optional(),
    'addresses or networks like 10.0.0.0/8, with commas between',
  ],
  PUBLIC_URL: [url('http:', 'https:').optional(), 'the URL that browsers use, like https://market.example'],
  BANK_ACCOUNT_NAME: [z.string().max(100).optional(), 'the name on the bank account that payers transfer to'],
  BANK_ACCOUNT: [z.string().max(64).optional(), 'the number of that account'],
  BANK_NAME: [z.string().max(100).optional(), 'the bank that has it'],
  WECHAT_PAY_MERCHANT_ID: [
    z
      .string()
      .regex(/^\d{6,16}$/)
      .optional(),
    'a merchant number of WeChat Pay',
  ],
  WECHAT_PAY_APP_ID: [
    z
      .string()
      .regex(/^wx\w{10,30}$/)
      .optional(),
    'an application id like wx…',
  ],
  WECHAT_PAY_SERIAL: [
    z
      .string()
      .regex(/^[0-9A-F]{10,64}$/i)
      .optional(),
    'the serial number of the merchant’s certificate',
  ],
  WECHAT_PAY_KEY: [pemFile.optional(), 'the path of the merchant’s PEM private key'],
  WECHAT_PAY_API_V3_KEY: [z.string().length(32).optional(), 'the API v3 key of 32 characters'],
  WECHAT_PAY_PLATFORM_KEY: [
    pemFile.optional(),
    'the path of the platform’s PEM certificate, or of WeChat Pay’s public key',
  ],
  WECHAT_PAY_PLATFORM_SERIAL: [
    z.string().max(100).optional(),
    'the serial number of that certificate, or the PUB_KEY_ID_… of that key',
  ],
  ALIPAY_APP_ID: [
    z
      .string()
      .regex(/^\d{8,24}$/)
      .optional(),
    'an application id of Alipay',
  ],
  ALIPAY_KEY: [pemFile.optional(), 'the path of the application’s PEM private key'],
  ALIPAY_PUBLIC_KEY: [pemFile.optional(), 'the path of Alipay’s PEM public key'],
  ALIPAY_GATEWAY: [
    url('http:', 'https:').default('https://openapi.alipay.com/gateway.do'),
    'the URL of Alipay’s gateway',
  ],
  STRIPE_SECRET_KEY: [z.string().startsWith('sk_').optional(), 'a secret key like sk_…'],
  STRIPE_WEBHOOK_SECRET: [z.string().startsWith('whsec_').optional(), 'a webhook’s secret like whsec_…'],
  SANDBOX_URL: [url('http:', 'https:').optional(), 'the URL of a sandbox provider'],
  SANDBOX_SECRET: [z.string().min(8).optional(), 'the secret shared with it, of at least 8 characters'],
  SHUTDOWN_DELAY: [
    z.coerce.number().min(0).max(300).default(0),
    'seconds between the signal to stop and stopping, from 0 to 300',
  ],
  LOG_LEVEL: [
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    'trace, debug, info, warn, error, fatal or silent',
  ],
} as const satisfies Record<string, readonly [z.ZodType, string]>;

type Name = keyof typeof VARIABLES;

/** Set all of a line, or none. */
const TOGETHER: readonly (readonly Name[])[] = [
  ['BANK_ACCOUNT', 'BANK_ACCOUNT_NAME', 'BANK_NAME'],
  [
    ...(['WECHAT_PAY_MERCHANT_ID', 'WECHAT_PAY_APP_ID', 'WECHAT_PAY_SERIAL', 'WECHAT_PAY_KEY'] as const),
    ...(['WECHAT_PAY_API_V3_KEY', 'WECHAT_PAY_PLATFORM_KEY', 'WECHAT_PAY_PLATFORM_SERIAL'] as const),
  ],
  ['ALIPAY_APP_ID', 'ALIPAY_KEY', 'ALIPAY_PUBLIC_KEY'],
  ['STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET'],
  ['SANDBOX_URL', 'SANDBOX_SECRET'],
];
export type Config = { readonly [K in Name]: z.infer<(typeof VARIABLES)[K][0]> };

/** What a wrong environment is answered with: one line that names the variable and what it accepts. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the configuration; an empty variable counts as absent.
 * @throws ConfigError for the first wrong one.
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const config: Record<string, unknown> = {};
  for (const [name, [schema, accepts]] of Object.entries(VARIABLES)) {
    const text = env[name]?.trim() || undefined;
    const parsed = schema.safeParse(text);
    if (!parsed.success)
      throw new ConfigError(`${name}=${redacted(name, text)} is wrong: it accepts ${accepts}`);
    config[name] = parsed.data;
  }
  const { TLS_CERT, TLS_KEY } = config;
  if (!TLS_CERT !== !TLS_KEY) throw new ConfigError('TLS_CERT and TLS_KEY go together: set both, or neither');
  for (const group of TOGETHER) {
    const [missing] = group.filter((name) => config[name] === undefined);
    if (missing !== undefined && group.some((name) => config[name] !== undefined))
      throw new ConfigError(
        `${missing} is missing: it goes together with ${group.filter((name) => name !== missing).join(', ')}`,
      );
  }
  return config as Config;
}

const redacted = (name: string, text: string | undefined): string =>
  /TOKEN|SECRET|DATABASE_URL|API_V3_KEY/.test(name) ? '…' : JSON.stringify(text);
