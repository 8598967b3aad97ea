import type { BillDetail } from '../../../contracts/bills.ts';

/** Where a bill's documents are offered: what can be taken along of it. */
export function BillActions(_props: { readonly bill: BillDetail }) {
  return null;
}
