/** A provider that has not answered by then may have done anything. */
export const CALL_MS_MAX = 10_000;
const ANSWER_BYTES_MAX = 2 * 1024 * 1024;
/** A day's statement. */
export const STATEMENT_BYTES_MAX = 64 * 1024 * 1024;

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * One request, never tried again and never redirected. @throws when there is no whole answer in time: then the
 * provider may or may not have done it.
 */
export async function callProvider(
  url: string,
  init: { readonly method: string; readonly headers?: Record<string, string>; readonly body?: string },
  limits: { readonly ms?: number | undefined; readonly bytes?: number | undefined } = {},
): Promise<HttpAnswer> {
  const response = await fetch(url, {
    ...init,
    redirect: 'error',
    signal: AbortSignal.timeout(limits.ms ?? CALL_MS_MAX),
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > (limits.bytes ?? ANSWER_BYTES_MAX)) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.concat(chunks),
  };
}

/** In words for a person; without what was sent. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  if (error.name === 'TimeoutError') return 'no answer in time';
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`.slice(0, 200);
}

export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
