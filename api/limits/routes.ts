// /limits: a project's limits and what it uses of them.
import { readLimits, readUsage } from '../../prisma/store/capacity/quotas.ts';
import type { RequestContext } from '../http/context.ts';
import type { Policy } from '../http/policy.ts';
import { route } from '../http/route.ts';
import { defaultLimit } from '../quota-sets/resources.ts';
import { microversions } from '../http/microversion-table.ts';

const limitNames = {
  maxTotalVolumes: 'volumes',
  maxTotalSnapshots: 'snapshots',
  maxTotalVolumeGigabytes: 'gigabytes',
  maxTotalBackups: 'backups',
  maxTotalBackupGigabytes: 'backup_gigabytes',
} as const;

const usageNames = {
  totalVolumesUsed: 'volumes',
  totalGigabytesUsed: 'gigabytes',
  totalSnapshotsUsed: 'snapshots',
  totalBackupsUsed: 'backups',
  totalBackupGigabytesUsed: 'backup_gigabytes',
} as const;

const seeUsage: Policy = 'limits_extension:used_limits';

/** Administrators may ask for another project's (3.39). */
function projectOf({ projectId, isAdmin, atLeast, query }: RequestContext): string {
  if (!isAdmin || !atLeast(microversions.limitsOfProject)) return projectId;
  return query['project_id'] ?? query['tenant_id'] ?? projectId;
}

export const limitRoutes = [
  route({
    method: 'GET',
    path: '/limits',
    policy: 'limits',
    handler: async (context) => {
      const project = projectOf(context);
      const [limits, usage] = await Promise.all([readLimits(context.db, project), readUsage(context.db, project)]);
      const limitsView = Object.entries(limitNames).map(([shown, name]) => [
        shown,
        limits.get(name) ?? defaultLimit(context, name),
      ]);
      const usageView = Object.entries(usageNames).map(([shown, name]) => [shown, usage.get(name) ?? 0]);
      const absolute = Object.fromEntries(context.can(seeUsage) ? [...limitsView, ...usageView] : limitsView);
      return { body: { limits: { rate: [], absolute } } };
    },
  }),
];
