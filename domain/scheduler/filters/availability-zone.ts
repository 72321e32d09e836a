// AvailabilityZoneFilter: only pools in the zone that was asked for.
import type { SchedulerFilter } from '../spec.ts';

export const availabilityZoneFilter: SchedulerFilter = ({ availabilityZone }) => {
  if (!availabilityZone) return null;
  return (pool) =>
    pool.availabilityZone === availabilityZone
      ? null
      : `is in availability zone ${pool.availabilityZone}, not in ${availabilityZone}`;
};
