/** The version in force at `now`: the last to have taken effect. */
export function currentVersion<T extends { readonly effectiveFrom: string }>(
  versions: readonly T[],
  now: number,
): T | undefined {
  let current: T | undefined;
  for (const version of versions) {
    const from = Date.parse(version.effectiveFrom);
    if (from <= now && (current === undefined || from > Date.parse(current.effectiveFrom))) current = version;
  }
  return current;
}
