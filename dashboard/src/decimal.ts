/** `30.0000` → `30`, `0.7000` → `0.7`. */
export const trimDecimal = (text: string): string =>
  text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;

/** What a person typed (`1,234.5`) in thousandths, exactly; null for anything that is no quantity. */
export function toBaseUnits(text: string): string | null {
  const plain = text.replaceAll(/[,\s]/g, '');
  const match = /^(\d{1,12})(?:\.(\d{1,3}))?$/.exec(plain);
  if (match === null) return null;
  const base = `${match[1] ?? ''}${(match[2] ?? '').padEnd(3, '0')}`;
  return base.replace(/^0+(?=\d)/, '');
}
