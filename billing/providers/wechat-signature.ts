import { createDecipheriv, createSign, createVerify, type KeyObject } from 'node:crypto';

/** https://pay.weixin.qq.com/doc/v3/merchant/4012365336: five lines, each ended by a line feed. */
export const requestMessage = (of: {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly timestamp: string;
  readonly nonce: string;
  readonly body: string;
}): string => `${[of.method, of.path, of.timestamp, of.nonce, of.body].join('\n')}\n`;

/** What an answer or a callback is signed over: three lines. */
export const answerMessage = (timestamp: string, nonce: string, body: string | Buffer): string =>
  `${timestamp}\n${nonce}\n${body}\n`;

/** SHA256 with RSA (PKCS #1 v1.5), base 64. */
export const signSha256Rsa = (message: string, key: KeyObject): string =>
  createSign('RSA-SHA256').update(message, 'utf8').sign(key, 'base64');

export const isSignedSha256Rsa = (message: string | Buffer, signature: string, key: KeyObject): boolean =>
  createVerify('RSA-SHA256').update(message).verify(key, signature, 'base64');

export function authorization(of: {
  readonly merchantId: string;
  readonly serial: string;
  readonly timestamp: string;
  readonly nonce: string;
  readonly signature: string;
}): string {
  const values = [
    ['mchid', of.merchantId],
    ['nonce_str', of.nonce],
    ['signature', of.signature],
    ['timestamp', of.timestamp],
    ['serial_no', of.serial],
  ];
  return `WECHATPAY2-SHA256-RSA2048 ${values.map(([name, value]) => `${name}="${value}"`).join(',')}`;
}

const TAG_BYTES = 16;

/**
 * The `resource` of a callback: AES-256-GCM with the merchant's API v3 key, the tag behind the cipher text.
 * @throws when it was not made with this key, this nonce and this associated data.
 */
export function decryptResource(
  resource: {
    readonly ciphertext: string;
    readonly nonce: string;
    readonly associated_data?: string | undefined;
  },
  apiV3Key: string,
): string {
  const bytes = Buffer.from(resource.ciphertext, 'base64');
  if (bytes.length < TAG_BYTES) throw new Error('the resource is too short');
  const decipher = createDecipheriv(
    'aes-256-gcm',
    Buffer.from(apiV3Key, 'utf8'),
    Buffer.from(resource.nonce, 'utf8'),
    {
      authTagLength: TAG_BYTES,
    },
  );
  decipher.setAAD(Buffer.from(resource.associated_data ?? '', 'utf8'));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
}
