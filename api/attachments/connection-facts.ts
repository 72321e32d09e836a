// What a client needs of a connection that no workflow has seen or decides: CHAP credentials and QoS specs.
import { frontEndSpecs } from '../../prisma/store/types/qos-specs.ts';
import { readTargetSecret } from '../../prisma/store/attachments/target-secrets.ts';
import type { RequestContext } from '../http/context.ts';
import type { ConnectionFacts } from './connection-view.ts';

/** Credentials are made by the host that exports the volume, at the first export; null before, or without a key. */
export async function connectionFactsOf(
  { db, config }: Pick<RequestContext, 'db' | 'config'>,
  volumeId: string,
): Promise<ConnectionFacts> {
  const credentials = config.secretKey === null ? null : await readTargetSecret(db, config.secretKey, volumeId);
  return { credentials, qosSpecs: await frontEndSpecs(db, volumeId) };
}
