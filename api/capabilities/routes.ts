// /capabilities/:host: what a back-end last said of itself.
import { listPools } from '../../prisma/store/capacity/pools.ts';
import { listServices } from '../../prisma/store/services/services.ts';
import { ApiError } from '../http/errors.ts';
import { route } from '../http/route.ts';
import { volumeBinary } from '../services/view.ts';

const property = (title: string, description: string) => ({ title, description, type: 'boolean' });

/** The extra specs that every back-end of Cinder's may be asked for. */
const properties = {
  thin_provisioning: property('Thin Provisioning', 'Sets thin provisioning.'),
  compression: property('Compression', 'Enables compression.'),
  qos: property('QoS', 'Enables QoS.'),
  replication_enabled: property('Replication', 'Enables replication.'),
};

export const capabilityRoutes = [
  route({
    method: 'GET',
    path: '/capabilities/:host',
    policy: 'volume_extension:capabilities',
    handler: async ({ db, params }) => {
      const { host = '' } = params;
      const [service] = await listServices(db, { binary: volumeBinary, host });
      if (!service) throw new ApiError('NotFound', { detail: `Can't find service: ${host}` });
      const [pool] = await listPools(db, service.host);
      const reported = (pool?.capabilities ?? {}) as Readonly<Record<string, unknown>>;
      return {
        body: {
          namespace: `OS::Storage::Capabilities::${service.host}`,
          vendor_name: reported['vendor_name'] ?? null,
          volume_backend_name: reported['volume_backend_name'] ?? null,
          pool_name: null,
          driver_version: reported['driver_version'] ?? null,
          storage_protocol: reported['storage_protocol'] ?? null,
          display_name: null,
          description: null,
          visibility: null,
          replication_targets: [],
          properties,
        },
      };
    },
  }),
];
