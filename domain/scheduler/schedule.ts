// Decides where a volume may go, best pool first, and says of every other pool why not.
import { schedulerGates } from './filters/gates.ts';
import { defaultFilters, schedulerFilters, type SchedulerFilterName } from './filters/table.ts';
import type { PoolCheck, PoolState, RequestSpec, SchedulerFilter } from './spec.ts';
import { defaultWeighers, schedulerWeighers, type SchedulerWeigherName } from './weighers/table.ts';
import { weightHandlers, type WeightHandlerName } from './weight-handlers.ts';

/** Every field has Cinder's default. */
export interface ScheduleOptions {
  /** `scheduler_default_filters` */
  readonly filters?: readonly SchedulerFilterName[];
  /** `scheduler_default_weighers` */
  readonly weighers?: readonly SchedulerWeigherName[];
  /** `capacity_weight_multiplier` and its like. */
  readonly multipliers?: Partial<Readonly<Record<SchedulerWeigherName, number>>>;
  /** `scheduler_weight_handler` */
  readonly weightHandler?: WeightHandlerName;
  /** In [0, 1), e.g. Math.random. Without it the order is the same each time, the emptiest first among equals. */
  readonly random?: () => number;
}

export interface RankedPool {
  readonly poolId: string;
  readonly weight: number;
}

export interface RejectedPool {
  readonly poolId: string;
  /** The filter, or the gate, that said no first. */
  readonly filter: string;
  /** Continues the sentence "pool X …". */
  readonly reason: string;
}

export interface Ranking {
  /** Best first. */
  readonly ranked: readonly RankedPool[];
  /** One row per pool that is out, in the order given. */
  readonly rejected: readonly RejectedPool[];
}

interface NamedCheck {
  readonly filter: string;
  readonly check: PoolCheck;
}

function checksFor(spec: RequestSpec, names: readonly SchedulerFilterName[]): NamedCheck[] {
  const filters: [string, SchedulerFilter][] = [
    ...Object.entries(schedulerGates),
    ...names.map((name): [string, SchedulerFilter] => [name, schedulerFilters[name]]),
  ];
  return filters.flatMap(([filter, prepare]) => {
    const check = prepare(spec);
    return check === null ? [] : [{ filter, check }];
  });
}

function firstRejection(pool: PoolState, checks: readonly NamedCheck[]): RejectedPool | null {
  for (const { filter, check } of checks) {
    const reason = check(pool);
    if (reason !== null) return { poolId: pool.id, filter, reason };
  }
  return null;
}

function weigh(spec: RequestSpec, pools: readonly PoolState[], options: ScheduleOptions): RankedPool[] {
  const handler = weightHandlers[options.weightHandler ?? 'OrderedHostWeightHandler'];
  const totals = pools.map(() => 0);
  for (const name of options.weighers ?? defaultWeighers) {
    const row = schedulerWeighers[name];
    const multiplier = options.multipliers?.[name] ?? row.multiplier;
    const weights = row.weigh(pools, { spec, multiplier, random: options.random ?? (() => 0) });
    handler.scale(weights).forEach((weight, index) => {
      totals[index] = (totals[index] ?? 0) + multiplier * weight;
    });
  }
  const weighed = pools.map((pool, index) => ({ pool, weight: totals[index] ?? 0 }));
  return handler.order(weighed, options.random ?? null).map(({ pool, weight }) => ({ poolId: pool.id, weight }));
}

/**
 * Filters and weighs the pools. Each pool is asked until the first filter says no; what depends on the request alone is
 * worked out once. Pure: what is promised is promised by the caller, who tries the ranked pools from the first on.
 */
export function rankPools(spec: RequestSpec, pools: readonly PoolState[], options: ScheduleOptions = {}): Ranking {
  const checks = checksFor(spec, options.filters ?? defaultFilters);
  const passed: PoolState[] = [];
  const rejected: RejectedPool[] = [];
  for (const pool of pools) {
    const rejection = firstRejection(pool, checks);
    if (rejection === null) passed.push(pool);
    else rejected.push(rejection);
  }
  return { ranked: weigh(spec, passed, options), rejected };
}
