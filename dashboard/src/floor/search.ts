/** What of a stall can be searched for. */
export interface Searchable {
  readonly code: string;
  readonly merchant: string | null;
  /** Pinyin initials of the merchant, e.g. `ZSSC` for 张三蔬菜. */
  readonly initials: string | null;
}

/** 0 is the best match; null is none. */
function rank(stall: Searchable, wanted: string): number | null {
  const code = stall.code.toLowerCase();
  if (code === wanted) return 0;
  if (code.startsWith(wanted)) return 1;
  const merchant = stall.merchant?.toLowerCase() ?? '';
  if (merchant !== '' && merchant.startsWith(wanted)) return 2;
  const initials = stall.initials?.toLowerCase() ?? '';
  if (initials !== '' && initials.startsWith(wanted)) return 3;
  if (code.includes(wanted)) return 4;
  return merchant.includes(wanted) || initials.includes(wanted) ? 5 : null;
}

/** Stalls by number, merchant or initials, the best first. */
export function searchStalls<T extends Searchable>(stalls: readonly T[], text: string, limit: number): T[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return [];
  const found: { readonly stall: T; readonly rank: number }[] = [];
  for (const stall of stalls) {
    const r = rank(stall, wanted);
    if (r !== null) found.push({ stall, rank: r });
  }
  found.sort((a, b) => a.rank - b.rank || a.stall.code.localeCompare(b.stall.code, 'en', { numeric: true }));
  return found.slice(0, limit).map((one) => one.stall);
}
