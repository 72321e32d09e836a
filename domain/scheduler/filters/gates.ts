// Checks that always apply, whichever filters are configured: the pinned back-end, earlier attempts, the service.
import type { SchedulerFilter } from '../spec.ts';

/** A clone can only be made where its source's bytes are. */
export const pinnedBackend: SchedulerFilter = ({ pinnedHost }) => {
  if (pinnedHost === null) return null;
  return (pool) =>
    pool.id === pinnedHost || pool.serviceHost === pinnedHost ? null : `is not ${pinnedHost}, where its source is`;
};

/** A retry goes to another pool. */
export const alreadyTried: SchedulerFilter = ({ excludedPools }) => {
  if (excludedPools.length === 0) return null;
  const excluded = new Set(excludedPools);
  return (pool) => (excluded.has(pool.id) ? 'was tried for this volume before' : null);
};

/** Nothing new goes to a service that is down, disabled or frozen. */
export const serviceState: SchedulerFilter = () => (pool) => {
  const service = `its service cinder-volume on ${pool.serviceHost}`;
  if (pool.serviceDisabled) return `${service} is disabled${pool.disabledReason ? `: ${pool.disabledReason}` : ''}`;
  if (pool.frozen) return `${service} is frozen`;
  if (pool.pausedBecause != null) return `back-end ${pool.serviceHost} is paused: ${pool.pausedBecause}`;
  return pool.serviceUp ? null : `${service} is down: it has not reported for longer than service_down_time`;
};

/** In the order in which they are asked. */
export const schedulerGates = {
  PinnedBackend: pinnedBackend,
  AlreadyTried: alreadyTried,
  ServiceState: serviceState,
} as const satisfies Record<string, SchedulerFilter>;
