/** 32 bits that depend on every character of the text (FNV-1a, then murmur's finaliser). */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mix(h);
}

/** Evenly spread in [0, 1), a pure function of both. Chance without state: any instant can be asked in any order. */
export function chance(key: number, n: number): number {
  // An hour's or a slot's number fits 32 bits; a millisecond does not, so both halves count.
  return mix(mix(key ^ (n | 0)) ^ Math.floor(n / 0x1_0000_0000)) / 0x1_0000_0000;
}

function mix(x: number): number {
  let h = x >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
