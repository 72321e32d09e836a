// Cinder's scheduler filters, by the names that `scheduler_default_filters` uses.
import type { SchedulerFilter } from '../spec.ts';
import { availabilityZoneFilter } from './availability-zone.ts';
import { capabilitiesFilter } from './capabilities.ts';
import { capacityFilter } from './capacity.ts';
import { differentBackendFilter } from './different-backend.ts';
import { driverFilter } from './driver.ts';
import { alreadyTried } from './gates.ts';
import { instanceLocalityFilter } from './instance-locality.ts';
import { jsonFilter } from './json.ts';
import { sameBackendFilter } from './same-backend.ts';

/** https://docs.openstack.org/cinder/latest/configuration/block-storage/scheduler-filters.html */
export const schedulerFilters = {
  AvailabilityZoneFilter: availabilityZoneFilter,
  CapabilitiesFilter: capabilitiesFilter,
  CapacityFilter: capacityFilter,
  DifferentBackendFilter: differentBackendFilter,
  DriverFilter: driverFilter,
  IgnoreAttemptedHostsFilter: alreadyTried,
  InstanceLocalityFilter: instanceLocalityFilter,
  JsonFilter: jsonFilter,
  SameBackendFilter: sameBackendFilter,
} as const satisfies Record<string, SchedulerFilter>;

export type SchedulerFilterName = keyof typeof schedulerFilters;

/** Cinder's default of `scheduler_default_filters`. */
export const defaultFilters = [
  'AvailabilityZoneFilter',
  'CapacityFilter',
  'CapabilitiesFilter',
] as const satisfies readonly SchedulerFilterName[];
