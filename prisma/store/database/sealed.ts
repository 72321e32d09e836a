// Secrets in PostgreSQL are sealed: AES-256-GCM under the configured key, bound to the row that they belong to.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const version = 'v1';
const ivBytes = 12;
const tagBytes = 16;

/** The sealed text does not open: another key, another row, or damage. Says nothing of what is in it. */
export class UnsealError extends Error {
  constructor(context: string) {
    super(`the secret of ${context} cannot be opened: was secret_key changed?`);
    this.name = 'UnsealError';
  }
}

const keyOf = (secretKey: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secretKey, '', 'scoria sealed secrets', 32));

/** Seals a text for one place (`volumes/<id>/target_secret`); each time another result. */
export function seal(secretKey: string, context: string, text: string): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', keyOf(secretKey), iv).setAAD(Buffer.from(context));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return `${version}:${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64')}`;
}

/** Opens what `seal` made with the same key for the same place. Throws UnsealError. */
export function unseal(secretKey: string, context: string, sealed: string): string {
  const [prefix, encoded = ''] = sealed.split(':');
  const bytes = Buffer.from(encoded, 'base64');
  if (prefix !== version || bytes.length < ivBytes + tagBytes) throw new UnsealError(context);
  const decipher = createDecipheriv('aes-256-gcm', keyOf(secretKey), bytes.subarray(0, ivBytes))
    .setAAD(Buffer.from(context))
    .setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]).toString('utf8');
  } catch {
    throw new UnsealError(context);
  }
}
