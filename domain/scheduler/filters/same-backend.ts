// SameBackendFilter: only where one of the volumes lives that the hint `same_host` names.
import { hintedVolumeIds, volumeIn } from '../affinity.ts';
import type { SchedulerFilter } from '../spec.ts';

export const sameBackendFilter: SchedulerFilter = (spec) => {
  const ids = hintedVolumeIds(spec.schedulerHints.same_host);
  if (ids === null) return () => 'cannot be judged: the hint same_host names something that is not a volume id';
  if (ids.length === 0) return null;
  return (pool) =>
    volumeIn(pool, ids, spec) === undefined ? 'holds none of the volumes that the hint same_host names' : null;
};
