// The availability zone of a new volume: the one asked for, its source's, or the configured default.
import { hasVolumeZone } from '../../prisma/store/services/zones.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { VolumeSources } from './create-source.ts';

/** Throws InvalidAvailabilityZone, and InvalidInput for a clone that would leave its source's zone. */
export async function zoneOf(
  { db, config }: Pick<RequestContext, 'db' | 'config'>,
  { snapshotVolume, volume }: VolumeSources,
  wished: string | null | undefined,
): Promise<string> {
  const fallback = config.defaultAvailabilityZone || config.storageAvailabilityZone;
  const asked = wished ?? volume?.availabilityZone ?? snapshotVolume?.availabilityZone ?? fallback;
  const known = asked === config.storageAvailabilityZone || (await hasVolumeZone(db, asked));
  if (!known && !config.allowAvailabilityZoneFallback) throw new ApiError('InvalidAvailabilityZone', { az: asked });
  const zone = known ? asked : fallback;
  if (config.clonedVolumeSameAz) {
    mustMatch(zone, snapshotVolume?.availabilityZone, 'snapshot');
    mustMatch(zone, volume?.availabilityZone, 'source volume');
  }
  return zone;
}

function mustMatch(zone: string, sourceZone: string | undefined, what: string): void {
  if (sourceZone === undefined || sourceZone === zone) return;
  throw new ApiError('InvalidInput', { reason: `Volume must be in the same availability zone as the ${what}` });
}
