// What a piece of zeros looks like hashed and compressed, worked out once for each size.
import { createHash } from 'node:crypto';
import { adler32OfZeros } from '../hashing/adler32.ts';
import { deflated } from '../hashing/deflate-piece.ts';

export interface ZeroPiece {
  readonly lengthBytes: number;
  readonly output: Uint8Array;
  readonly adler: number;
  readonly digests: Uint8Array;
}

const known = new Map<string, ZeroPiece>();
/** There is one full size and the odd last piece; more would only come from many volumes of odd sizes. */
const maxKnown = 16;

/** `lengthBytes` zeros as a piece; callers must not change it. */
export function zeroPiece(lengthBytes: number, shaBlockBytes: number, deflate: boolean): ZeroPiece {
  const key = `${lengthBytes}/${shaBlockBytes}/${deflate}`;
  const found = known.get(key);
  if (found) return found;
  const zeros = Buffer.alloc(lengthBytes);
  const made: ZeroPiece = {
    lengthBytes,
    output: deflate ? deflated(zeros) : zeros,
    adler: adler32OfZeros(lengthBytes),
    digests: shaBlockBytes > 0 ? blockDigests(zeros, shaBlockBytes) : new Uint8Array(),
  };
  if (known.size >= maxKnown) known.clear();
  known.set(key, made);
  return made;
}

function blockDigests(zeros: Buffer, shaBlockBytes: number): Uint8Array {
  const digest = (block: Buffer): Buffer => createHash('sha256').update(block).digest();
  const whole = digest(zeros.subarray(0, shaBlockBytes));
  const digests: Buffer[] = Array.from({ length: Math.ceil(zeros.length / shaBlockBytes) }, () => whole);
  const rest = zeros.length % shaBlockBytes;
  if (rest > 0) digests[digests.length - 1] = digest(zeros.subarray(0, rest));
  return Buffer.concat(digests);
}
