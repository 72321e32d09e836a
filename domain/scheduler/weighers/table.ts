// Cinder's weighers, by the names that `scheduler_default_weighers` uses, each with its default multiplier.
import { allocatedCapacityWeigher } from './allocated-capacity.ts';
import { capacityWeigher } from './capacity.ts';
import { chanceWeigher } from './chance.ts';
import { goodnessWeigher } from './goodness.ts';
import { volumeNumberWeigher } from './volume-number.ts';
import type { Weigher } from './weigher.ts';

interface WeigherRow {
  readonly weigh: Weigher;
  /** Default of the option that Cinder has for it. */
  readonly multiplier: number;
}

/** https://docs.openstack.org/cinder/latest/configuration/block-storage/scheduler-weights.html */
export const schedulerWeighers = {
  /** `allocated_capacity_weight_multiplier` */
  AllocatedCapacityWeigher: { weigh: allocatedCapacityWeigher, multiplier: -1 },
  /** `capacity_weight_multiplier` */
  CapacityWeigher: { weigh: capacityWeigher, multiplier: 1 },
  ChanceWeigher: { weigh: chanceWeigher, multiplier: 1 },
  GoodnessWeigher: { weigh: goodnessWeigher, multiplier: 1 },
  /** `volume_number_multiplier` */
  VolumeNumberWeigher: { weigh: volumeNumberWeigher, multiplier: -1 },
} as const satisfies Record<string, WeigherRow>;

export type SchedulerWeigherName = keyof typeof schedulerWeighers;

/** Cinder's default of `scheduler_default_weighers`. */
export const defaultWeighers = ['CapacityWeigher'] as const satisfies readonly SchedulerWeigherName[];
