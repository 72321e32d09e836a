// The CHAP credentials that a client needs to log in to a volume's target.
import { readTargetSecret } from '../../prisma/store/target-secrets.ts';
import type { RequestContext } from '../http/context.ts';
import type { Credentials } from './connection-view.ts';

/** Made by the host that exports the volume, at the first export; null before that, or where no secrets are kept. */
export async function credentialsOf(
  { db, config }: Pick<RequestContext, 'db' | 'config'>,
  volumeId: string,
): Promise<Credentials | null> {
  return config.secretKey === null ? null : readTargetSecret(db, config.secretKey, volumeId);
}
