import { ApiError, type Query, refusedBy, toQuery, V1 } from '../api.ts';
import { saveFile } from '../ui/save-file.ts';

/** An archive of a hundred bills takes a while. */
const ANSWER_MS_MAX = 120_000;

/** Fetches a file and has the browser save it under the name that the server gives it. @throws an ApiError. */
async function save(path: string): Promise<void> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: 'same-origin', signal: AbortSignal.timeout(ANSWER_MS_MAX) });
  } catch (cause) {
    throw new ApiError('network', 0, String(cause), cause);
  }
  if (!response.ok) {
    throw refusedBy(response, await response.json().catch(() => null));
  }
  const name = /filename\*=UTF-8''([^;]+)/.exec(response.headers.get('content-disposition') ?? '')?.[1];
  saveFile(decodeURIComponent(name ?? 'stallgrid'), await response.blob());
}

export const documentsApi = {
  billPdf: (bill: number, lang: 'zh' | 'en') => save(`${V1}/bills/${bill}/pdf${toQuery({ lang })}`),
  billLines: (bill: number, query: Query) => save(`${V1}/bills/${bill}/lines/export${toQuery(query)}`),
  bills: (query: Query) => save(`${V1}/bills/export${toQuery(query)}`),
  settlement: (party: number, query: Query) =>
    save(`${V1}/settlement/parties/${party}/statement/export${toQuery(query)}`),
  vouchers: (query: Query) => save(`${V1}/ledger/vouchers${toQuery(query)}`),
};
