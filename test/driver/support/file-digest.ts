// The checksum of a file's beginning, to compare with what a guest computes.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** sha256 of the first `lengthBytes` bytes, in hex. */
export async function sha256Of(path: string, lengthBytes: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { end: lengthBytes - 1 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
