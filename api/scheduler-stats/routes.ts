// /scheduler-stats/get_pools: the pools as the scheduler sees them.
import { listPools, type Pool } from '../../prisma/store/capacity/pools.ts';
import { findTypeByNameOrId } from '../../prisma/store/types/types.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { route } from '../http/route.ts';
import { flagParam } from '../http/query.ts';
import { wireTime } from '../http/time.ts';
import { microversions } from '../http/microversion-table.ts';

/** JSON has no Infinity: Cinder's word for a back-end that cannot say. */
const figure = (gib: number): number | 'infinite' => (Number.isFinite(gib) ? gib : 'infinite');

function capabilitiesView(pool: Pool) {
  return {
    // What a driver does not say is Cinder's default.
    QoS_support: false,
    consistent_group_snapshot_enabled: false,
    filter_function: null,
    goodness_function: null,
    ...(pool.capabilities as Record<string, string | number | boolean>),
    pool_name: pool.name,
    total_capacity_gb: figure(pool.totalGib),
    free_capacity_gb: figure(pool.freeGib),
    provisioned_capacity_gb: pool.allocatedGib,
    allocated_capacity_gb: pool.allocatedGib,
    reserved_percentage: pool.reservedPercentage,
    thin_provisioning_support: pool.thinProvisioning,
    thick_provisioning_support: !pool.thinProvisioning,
    max_over_subscription_ratio: String(pool.maxOverSubscriptionRatio),
    timestamp: wireTime(pool.reportedAt),
  };
}

/** Filters by name and volume type; before 3.28 the query says nothing, and any other name is refused from 3.31 on. */
async function isWanted(context: RequestContext): Promise<(pool: Pool) => boolean> {
  const { query, db, atLeast } = context;
  if (!atLeast(microversions.poolFilters)) return () => true;
  const unknown = Object.keys(query).filter((key) => !['detail', 'name', 'volume_type'].includes(key));
  if (unknown.length > 0 && atLeast(microversions.resourceFilters)) {
    throw new ApiError('BadRequest', { detail: `Invalid filters ${unknown.join(',')} are found in query options.` });
  }
  const typeName = atLeast(microversions.poolTypeFilter) ? query['volume_type'] : undefined;
  const type = typeName === undefined ? null : await findTypeByNameOrId(db, context, typeName);
  if (typeName !== undefined && !type) throw new ApiError('VolumeTypeNotFoundByName', { volume_type_name: typeName });
  const backendName = (type?.extraSpecs as Record<string, string> | undefined)?.['volume_backend_name'];
  return ({ id, capabilities }) =>
    (query['name'] === undefined || id === query['name']) &&
    (backendName === undefined || (capabilities as Record<string, unknown>)['volume_backend_name'] === backendName);
}

export const poolRoutes = [
  route({
    method: 'GET',
    path: '/scheduler-stats/get_pools',
    policy: 'scheduler_extension:scheduler_stats:get_pools',
    handler: async (context) => {
      const detail = flagParam(context.query, 'detail');
      const pools = (await listPools(context.db)).filter(await isWanted(context));
      return {
        body: {
          pools: pools.map((pool) => ({ name: pool.id, ...(detail ? { capabilities: capabilitiesView(pool) } : {}) })),
        },
      };
    },
  }),
];
