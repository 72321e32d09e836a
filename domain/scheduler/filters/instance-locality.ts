// InstanceLocalityFilter: only pools on the compute host of the instance that `local_to_instance` names.
import { parsePoolAddress } from '../../backend-host.ts';
import type { SchedulerFilter } from '../spec.ts';

export const instanceLocalityFilter: SchedulerFilter = ({ schedulerHints, instanceHost }) => {
  const instanceId = schedulerHints.local_to_instance;
  if (!instanceId) return null;
  if (!instanceHost) return () => 'cannot be judged: the host of the instance in local_to_instance is not known';
  return (pool) =>
    parsePoolAddress(pool.id).host === instanceHost
      ? null
      : `is not on ${instanceHost}, where instance ${instanceId} is`;
};
