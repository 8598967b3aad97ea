/**
 * Did Postgres refuse the data itself (SQLSTATE class 22 data exception, 23 constraint, 54 limits), so that the same
 * again would be refused again? Everything else (connection, shutdown, locks) is worth another try.
 */
export function isDataError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^(22|23|54)[0-9A-Z]{3}$/.test(code);
}
