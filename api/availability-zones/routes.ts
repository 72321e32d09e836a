// /os-availability-zone: the zones of the volume services; one is available while a service in it is not disabled.
import { listServices } from '../../prisma/store/services/services.ts';
import { route } from '../http/route.ts';
import { volumeBinary } from '../services/view.ts';

export const availabilityZoneRoutes = [
  route({
    method: 'GET',
    path: '/os-availability-zone',
    policy: 'volume:availability_zone_list',
    handler: async ({ db }) => {
      const zones = new Map<string, boolean>();
      for (const { availabilityZone: zone, disabled } of await listServices(db, { binary: volumeBinary })) {
        zones.set(zone, (zones.get(zone) ?? false) || !disabled);
      }
      return {
        body: {
          availabilityZoneInfo: [...zones].map(([zoneName, available]) => ({ zoneName, zoneState: { available } })),
        },
      };
    },
  }),
];
