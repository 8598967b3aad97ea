const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Does this JSON text nest arrays and objects deeper than `max`? Looks at the text, because what parses without a
 * stack (JSON.parse) is later walked and written with one. Of text that is not JSON it says anything.
 */
export function isDeeperThan(text: string, max: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) inString = !inString;
    else if (inString) {
      if (code === BACKSLASH) at++;
    } else if (code === 0x5b || code === 0x7b) {
      depth++;
      if (depth > max) return true;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return false;
}
