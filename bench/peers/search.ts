/**
 * The highest rate that holds, and what was measured at it; null when none held. Steps up from `guess` by `factor`
 * (down, when the guess does not hold), then halves the gap, in ratio, `halvings` times.
 */
export async function highestRate<Level extends { readonly held: boolean }>(
  tryRate: (rate: number) => Promise<Level>,
  options: {
    readonly guess: number;
    readonly factor: number;
    readonly halvings: number;
    readonly min: number;
    readonly max: number;
  },
): Promise<Level | null> {
  const { guess, factor, halvings, min, max } = options;
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let best: Level | null = null;
  const attempt = async (rate: number): Promise<void> => {
    const level = await tryRate(rate);
    if (level.held) {
      low = rate;
      best = level;
    } else high = rate;
  };
  const bracketed = (): boolean => low > 0 && high < Number.POSITIVE_INFINITY;
  for (let rate = guess; rate >= min && rate <= max && !bracketed(); ) {
    await attempt(rate);
    rate = low > 0 ? rate * factor : rate / factor;
  }
  for (let i = 0; i < halvings && bracketed(); i++) await attempt(Math.sqrt(low * high));
  return best;
}
