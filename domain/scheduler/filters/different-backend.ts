// DifferentBackendFilter: not where any of the volumes lives that the hint `different_host` names.
import { hintedVolumeIds, volumeIn } from '../affinity.ts';
import type { SchedulerFilter } from '../spec.ts';

export const differentBackendFilter: SchedulerFilter = (spec) => {
  const ids = hintedVolumeIds(spec.schedulerHints.different_host);
  if (ids === null) return () => 'cannot be judged: the hint different_host names something that is not a volume id';
  if (ids.length === 0) return null;
  return (pool) => {
    const id = volumeIn(pool, ids, spec);
    return id === undefined ? null : `holds volume ${id}, from which the hint different_host keeps away`;
  };
};
