// The key of a transfer: shown once to who offers the volume, and kept as a salted hash.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Characters of Cinder's `volume_transfer_key_length` and `volume_transfer_salt_length`. */
const keyLength = 16;
const saltLength = 8;

const hashOf = (salt: string, key: string): string => createHmac('sha256', salt).update(key).digest('hex');
const hex = (length: number): string => randomBytes(length / 2).toString('hex');

export interface NewKey {
  readonly authKey: string;
  readonly salt: string;
  readonly keyHash: string;
}

export function newKey(): NewKey {
  const authKey = hex(keyLength);
  const salt = hex(saltLength);
  return { authKey, salt, keyHash: hashOf(salt, authKey) };
}

export function keyFits({ salt, keyHash }: { readonly salt: string; readonly keyHash: string }, key: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(salt, key)), Buffer.from(keyHash));
}
