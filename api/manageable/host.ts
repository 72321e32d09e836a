// The volume service whose storage is to be managed: it must be there, enabled and up.
import { findService, isUp, type Service } from '../../prisma/store/services/services.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { Microversion } from '../http/microversion.ts';

interface Named {
  readonly host?: string | null;
  readonly cluster?: string | null;
}

/** The host that a request names; clusters since `clusterSince`. Throws InvalidInput. */
export function namedHost(context: RequestContext, named: Named, clusterSince: Microversion): string {
  const withCluster = context.atLeast(clusterSince);
  const cluster = withCluster ? named.cluster : null;
  if (Boolean(cluster) === Boolean(named.host)) {
    const reason = withCluster ? 'One and only one of cluster and host must be set.' : 'Host field is missing.';
    throw new ApiError('InvalidInput', { reason });
  }
  // There are no clusters here, so none has that name.
  if (cluster) throw notFound('Cluster', cluster);
  return named.host ?? '';
}

const notFound = (what: string, name: string): ApiError =>
  new ApiError('BadRequest', { detail: `${what} '${name}' not found` });

/** The service of host@backend or host@backend#pool. Throws BadRequest, ServiceUnavailable. */
export async function mustFindVolumeService(context: RequestContext, host: string): Promise<Service> {
  const service = await findService(context.db, 'cinder-volume', host.split('#')[0] ?? '');
  if (!service) throw notFound('Host', host);
  if (service.disabled || !isUp(service, context.config.serviceDownTimeS)) throw new ApiError('ServiceUnavailable');
  return service;
}
