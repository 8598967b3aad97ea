/** Letters and digits only, as a person may have typed them: `sg-4k o1` and `SG4K01` are the same. */
export const asCode = (text: string): string =>
  text
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');

/** Order numbers that may be in a remark: `SG` and ten signs of Crockford's base 32. */
export function codesIn(remark: string): readonly string[] {
  const text = asCode(remark);
  const found: string[] = [];
  for (let at = text.indexOf('SG'); at >= 0; at = text.indexOf('SG', at + 1)) {
    const code = text.slice(at, at + 12);
    if (code.length === 12) found.push(code);
  }
  return found;
}

/** Whether a bill's number stands in a remark by itself, not inside a longer number. */
export function namesBill(remark: string, number: string): boolean {
  const [text, wanted] = [remark.normalize('NFKC').toUpperCase(), number.toUpperCase()];
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    const around = (text[at - 1] ?? ' ') + (text[at + wanted.length] ?? ' ');
    if (!/[0-9A-Z]/.test(around)) return true;
  }
  return false;
}

/** Names as a bank writes them: without spaces and full-width forms. */
export const sameName = (a: string, b: string): boolean => {
  const plain = (text: string): string => text.normalize('NFKC').replace(/\s/g, '').toUpperCase();
  return plain(a) !== '' && plain(a) === plain(b);
};
