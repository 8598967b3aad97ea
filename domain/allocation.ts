/**
 * Shares of `total` in proportion to the weights, whole and adding up to it exactly: each gets its share rounded
 * down, and what is left goes one by one to the largest remainders (Hamilton), of equal ones to the first.
 * Null where nothing has a weight: there is nobody to share it out to.
 *
 * @param total base units, not negative.
 * @param weights not negative; one below zero counts as none.
 */
export function allocate(total: bigint, weights: readonly bigint[]): readonly bigint[] | null {
  if (total < 0n) throw new RangeError('a negative residual is not shared out');
  const positive = weights.map((weight) => (weight > 0n ? weight : 0n));
  const sum = positive.reduce((a, b) => a + b, 0n);
  if (sum === 0n) return null;
  const shares = positive.map((weight) => (total * weight) / sum);
  const left = Number(total - shares.reduce((a, b) => a + b, 0n));
  positive
    .map((weight, index) => ({ index, rest: (total * weight) % sum }))
    .sort((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest > b.rest ? -1 : 1))
    .slice(0, left)
    .forEach(({ index }) => {
      shares[index] = (shares[index] ?? 0n) + 1n;
    });
  return shares;
}
