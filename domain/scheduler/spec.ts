// What the scheduler decides from: one request, and the pools as they stand.

/** `OS-SCH-HNT:scheduler_hints` as the client gave them; a single id may come bare instead of in a list. */
export interface SchedulerHints {
  readonly different_host?: string | readonly string[];
  readonly same_host?: string | readonly string[];
  /** JsonFilter's query, as JSON text. */
  readonly query?: string;
  readonly local_to_instance?: string;
  readonly [hint: string]: unknown;
}

/** What ExtractSchedulerSpec yields: everything about a new volume that decides where it may go. */
export interface RequestSpec {
  readonly volumeId: string;
  /** 0 asks for no new space (a manage request). */
  readonly sizeGib: number;
  readonly availabilityZone: string | null;
  /** Of the volume's type. */
  readonly extraSpecs: Readonly<Record<string, string>>;
  readonly qosSpecs?: Readonly<Record<string, string>>;
  readonly volumeTypeName: string | null;
  readonly multiattach: boolean;
  readonly schedulerHints: SchedulerHints;
  /** `host@backend#pool` (or `host@backend`) that it must stay on: a clone's source or a snapshot's volume. */
  readonly pinnedHost: string | null;
  /** Pools of the volumes that the hints name, by volume id: only those that the requester may see, and that live. */
  readonly hintHosts: Readonly<Record<string, string>>;
  /** Pools that were tried for this request before. */
  readonly excludedPools: readonly string[];
  /** Compute host of the instance that `local_to_instance` names; null when it is not known. */
  readonly instanceHost?: string | null;
}

/** A pool: its service's state, what its driver reported, and what Scoria has promised of it. */
export interface PoolState {
  /** `host@backend#pool` */
  readonly id: string;
  /** `host@backend` */
  readonly serviceHost: string;
  readonly availabilityZone: string;
  /** False when it has not reported for `service_down_time`. */
  readonly serviceUp: boolean;
  readonly serviceDisabled: boolean;
  readonly disabledReason?: string | null;
  readonly frozen: boolean;
  /** Why an administrator has paused the back-end; null or left out when it is not. */
  readonly pausedBecause?: string | null;
  /** Infinity stands for Cinder's `infinite` and `unknown`. */
  readonly totalGib: number;
  /** As reported; Infinity stands for `infinite` and `unknown`. Never reduced by what Scoria has promised. */
  readonly freeGib: number;
  /** The counter that decides, kept by prisma/store. */
  readonly allocatedGib: number;
  readonly allocatedVolumes: number;
  readonly reservedPercentage: number;
  readonly maxOverSubscriptionRatio: number;
  readonly thinProvisioning: boolean;
  readonly multiattach: boolean;
  /** The rest of what the driver reports: volume_backend_name, storage_protocol, filter_function, … */
  readonly capabilities: Readonly<Record<string, unknown>>;
}

/** A check of one pool: null when it passes, otherwise why not, in words for a person. */
export type PoolCheck = (pool: PoolState) => string | null;

/** Reads the request once and answers the check of each pool, or null when the request asks nothing of this filter. */
export type SchedulerFilter = (spec: RequestSpec) => PoolCheck | null;
