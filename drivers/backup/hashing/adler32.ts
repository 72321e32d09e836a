// Adler-32, the checksum at the end of a zlib stream: RFC 1950, section 9.

const base = 65_521;
/** The most bytes whose sums fit into 32 bits before they are reduced. */
const reduceEvery = 5_552;

/** The checksum of `bytes`. */
export function adler32(bytes: Uint8Array): number {
  let low = 1;
  let high = 0;
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(at + reduceEvery, bytes.length);
    for (; at < end; at += 1) {
      low += bytes[at] as number;
      high += low;
    }
    low %= base;
    high %= base;
  }
  return high * 65_536 + low;
}

/** The checksum of `length` zeros, without looking at them. */
export function adler32OfZeros(length: number): number {
  return (length % base) * 65_536 + 1;
}

/** The checksum of two byte strings one after the other, from theirs and the second's length. */
export function adler32Combined(first: number, second: number, secondLength: number): number {
  const firstLow = first % 65_536;
  const low = (firstLow + (second % 65_536) - 1 + base) % base;
  // Each of the second's bytes adds the first's low sum, less the 1 that the second's own began with, to the high one.
  const carried = ((secondLength % base) * (firstLow - 1 + base)) % base;
  const high = (Math.floor(first / 65_536) + Math.floor(second / 65_536) + carried) % base;
  return high * 65_536 + low;
}
