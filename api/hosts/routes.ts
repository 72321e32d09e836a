// /os-hosts: where services run, and what projects have on a back-end.
import { readHostUsage, type HostUsage } from '../../prisma/store/capacity/host-usage.ts';
import { isUp, listServices } from '../../prisma/store/services/services.ts';
import { ApiError } from '../http/errors.ts';
import type { Policy } from '../http/policy.ts';
import { route } from '../http/route.ts';
import { wireTime } from '../http/time.ts';
import { volumeBinary } from '../services/view.ts';

const policy: Policy = 'volume_extension:hosts';

/** Cinder writes these figures as text. */
function usageView(host: string, project: string, usage: Omit<HostUsage, 'projectId'>) {
  return {
    resource: {
      host,
      project,
      volume_count: String(usage.volumes),
      total_volume_gb: String(usage.volumesGib),
      snapshot_count: String(usage.snapshots),
      total_snapshot_gb: String(usage.snapshotsGib),
    },
  };
}

function totalOf(usages: readonly HostUsage[]): Omit<HostUsage, 'projectId'> {
  const sum = (key: Exclude<keyof HostUsage, 'projectId'>): number =>
    usages.reduce((total, usage) => total + usage[key], 0);
  return {
    volumes: sum('volumes'),
    volumesGib: sum('volumesGib'),
    snapshots: sum('snapshots'),
    snapshotsGib: sum('snapshotsGib'),
  };
}

export const hostRoutes = [
  route({
    method: 'GET',
    path: '/os-hosts',
    policy,
    handler: async ({ db, config, query }) => {
      const services = (await listServices(db, {})).filter(
        ({ availabilityZone }) => !query['zone'] || availabilityZone === query['zone'],
      );
      return {
        body: {
          hosts: services.map((service) => ({
            host_name: service.host,
            service: service.binary,
            zone: service.availabilityZone,
            'service-status': isUp(service, config.serviceDownTimeS) ? 'available' : 'unavailable',
            'service-state': service.disabled ? 'disabled' : 'enabled',
            'last-update': wireTime(service.reportedAt),
          })),
        },
      };
    },
  }),
  route({
    method: 'GET',
    path: '/os-hosts/:host',
    policy,
    handler: async ({ db, params }) => {
      const { host = '' } = params;
      const services = await listServices(db, { binary: volumeBinary, host });
      if (!services.some((service) => service.host === host)) {
        throw new ApiError('ServiceNotFoundOnHost', { service_id: volumeBinary, host });
      }
      const usages = await readHostUsage(db, host);
      const perProject = usages.map((usage) => usageView(host, usage.projectId, usage));
      return { body: { host: [usageView(host, '(total)', totalOf(usages)), ...perProject] } };
    },
  }),
];
