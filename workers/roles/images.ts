// Wires Glance to the API: where it is, and with which tokens it is asked.
import type { ImageService } from '../../api/images/service.ts';
import type { IdentityService } from '../../api/keystone/identity.ts';
import { endpointOf } from '../../api/keystone/own-token.ts';
import { KeystoneUnavailableError } from '../../api/keystone/transport.ts';
import { ImageServiceError } from '../../domain/images.ts';
import { GlanceConnection } from '../../drivers/glance/connection.ts';
import { GlanceImages } from '../../drivers/glance/images.ts';
import type { ImagesConfig } from '../config/config.ts';
import { baseAddress } from '../config/images.ts';

export interface GlanceWiring {
  readonly config: Pick<ImagesConfig, 'servers' | 'catalog' | 'glance'>;
  /** Null with noauth: Glance is asked without tokens then. */
  readonly identity: Pick<IdentityService, 'ownToken'> | null;
  readonly regionName: string | null;
}

/** Without Keystone nobody is let in to Glance. */
function asUnanswered(error: unknown): never {
  if (!(error instanceof KeystoneUnavailableError)) throw error;
  throw new ImageServiceError(error.message, null, { cause: error });
}

/** Connects at the first request. */
export function createImageService({ config, identity, regionName }: GlanceWiring): ImageService {
  const images = new GlanceImages(new GlanceConnection(config.glance));
  return {
    async access(userToken) {
      const own = (await identity?.ownToken().catch(asUnanswered)) ?? null;
      const listed = own && endpointOf(own.catalog, config.catalog, regionName);
      const endpoints = config.servers ?? (listed ? [baseAddress(listed)] : []);
      if (endpoints.length === 0) return null;
      return { endpoints, userToken: own && userToken, serviceToken: own?.text ?? null };
    },
    show: (access, id) => images.show(access, id),
    listByName: (access, name) => images.listByName(access, name),
    create: (access, image) => images.create(access, image),
    remove: (access, id) => images.remove(access, id),
  };
}
