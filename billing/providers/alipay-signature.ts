import type { KeyObject } from 'node:crypto';
import { isSignedSha256Rsa, signSha256Rsa } from './wechat-signature.ts';

type Values = Readonly<Record<string, string | undefined>>;

/**
 * What a request is signed over (https://opendocs.alipay.com/common/02mse7): every parameter that is not empty but
 * `sign`, by the code points of its name, `name=value` joined by `&`, values as they are before URL encoding.
 */
export const signedText = (values: Values, without: readonly string[] = ['sign']): string =>
  Object.keys(values)
    .filter((name) => !without.includes(name) && values[name] !== undefined && values[name] !== '')
    .sort((a, b) => (a < b ? -1 : 1))
    .map((name) => `${name}=${values[name]}`)
    .join('&');

export const signRequest = (values: Values, key: KeyObject): string => signSha256Rsa(signedText(values), key);

/** An asynchronous notice leaves `sign_type` out of what is signed as well. */
export const isNoticeSigned = (values: Values, key: KeyObject): boolean =>
  values['sign_type'] === 'RSA2' &&
  isSignedSha256Rsa(signedText(values, ['sign', 'sign_type']), values['sign'] ?? '', key);

/**
 * The bytes of an answer that are signed: the object under `alipay_…_response` exactly as it was sent, found by its
 * braces, because parsing and writing it again could change them. Undefined where there is none.
 */
export function signedAnswer(text: string, node: string): string | undefined {
  const at = text.indexOf(`"${node}"`);
  const from = at < 0 ? -1 : text.indexOf('{', at);
  if (from < 0) return undefined;
  let depth = 0;
  let quoted = false;
  for (let i = from; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === '\\') i++;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === '{') depth++;
    else if (c === '}' && --depth === 0) return text.slice(from, i + 1);
  }
  return undefined;
}
