/**
 * Did Postgres refuse the data itself (SQLSTATE class 22 data exception, 23 constraint, 54 limits), so that the same
 * again would be refused again? Everything else (connection, shutdown, locks) is worth another try, a missing
 * partition too: that is 23514 without a constraint's name.
 */
export function isDataError(error: unknown): boolean {
  const { code, constraint } = (error ?? {}) as { code?: unknown; constraint?: unknown };
  if (code === '23514' && !constraint) return false;
  return typeof code === 'string' && /^(22|23|54)[0-9A-Z]{3}$/.test(code);
}
