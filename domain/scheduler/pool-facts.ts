// A pool's facts under the names that Cinder gives them in extra specs, queries and expressions.
import { parsePoolAddress } from '../backend-host.ts';
import type { PoolState } from './spec.ts';

const infinite = (sizeGib: number): number | 'infinite' =>
  sizeGib === Number.POSITIVE_INFINITY ? 'infinite' : sizeGib;

/** What Scoria itself knows wins over what the driver says under the same name. */
const knownFacts = {
  total_capacity_gb: (pool) => infinite(pool.totalGib),
  free_capacity_gb: (pool) => infinite(pool.freeGib),
  allocated_capacity_gb: (pool) => pool.allocatedGib,
  provisioned_capacity_gb: (pool) => pool.allocatedGib,
  reserved_percentage: (pool) => pool.reservedPercentage,
  max_over_subscription_ratio: (pool) => pool.maxOverSubscriptionRatio,
  thin_provisioning_support: (pool) => pool.thinProvisioning,
  multiattach: (pool) => pool.multiattach,
  pool_name: (pool) => parsePoolAddress(pool.id).pool,
} as const satisfies Record<string, (pool: PoolState) => unknown>;

/** Used when the driver does not report them. */
const defaultFacts = {
  thick_provisioning_support: (pool) => !pool.thinProvisioning,
  volume_backend_name: (pool) => parsePoolAddress(pool.id).backend,
} as const satisfies Record<string, (pool: PoolState) => unknown>;

/** Attributes of Cinder's BackendState that are not capabilities; JsonFilter and expressions may name them. */
const stateFacts = {
  host: (pool) => pool.id,
  backend_id: (pool) => pool.id,
  availability_zone: (pool) => pool.availabilityZone,
  allocated_volumes: (pool) => pool.allocatedVolumes,
} as const satisfies Record<string, (pool: PoolState) => unknown>;

function lookUp(table: Readonly<Record<string, (pool: PoolState) => unknown>>, name: string, pool: PoolState): unknown {
  return Object.hasOwn(table, name) ? table[name]?.(pool) : undefined;
}

/** An own property of a record, or undefined for anything else: names come from users, so prototypes stay out. */
export function ownValue(container: unknown, name: string): unknown {
  if (typeof container !== 'object' || container === null || Array.isArray(container)) return undefined;
  return Object.hasOwn(container, name) ? (container as Record<string, unknown>)[name] : undefined;
}

/** A capability by its Cinder name; undefined when the pool does not provide it. */
export function capabilityOf(pool: PoolState, name: string): unknown {
  return lookUp(knownFacts, name, pool) ?? ownValue(pool.capabilities, name) ?? lookUp(defaultFacts, name, pool);
}

/** A capability or another attribute of Cinder's BackendState (`host`, `backend_id`, …); undefined when unknown. */
export function stateOf(pool: PoolState, name: string): unknown {
  return lookUp(stateFacts, name, pool) ?? capabilityOf(pool, name);
}
