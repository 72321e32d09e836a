// os-migrate_volume, and the completion that Nova calls after work of its own.
import { parsePoolAddress, serviceHostOf } from '../../domain/backend-host.ts';
import { attachmentsOf } from '../../prisma/store/attachments/attachments.ts';
import { findService, isUp } from '../../prisma/store/services/services.ts';
import { lockForMove, noteMigrationStart } from '../../prisma/store/volumes/guards.ts';
import type { VolumeRow } from '../../prisma/store/volumes/volumes.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { submitOperation } from '../operations/submit.ts';
import { microversions } from '../http/microversion-table.ts';

const refusal = (id: string): ApiError =>
  new ApiError('InvalidVolume', {
    reason:
      `Volume ${id} status must be available or in-use, must not be migrating, have snapshots, be replicated, be part ` +
      'of a group and destination host/cluster must be different than the current one',
  });

/** Cinder has Nova swap the disk of the server. The Nova that is here cannot, so it is said at once. */
const attachedRefusal = (id: string): ApiError =>
  new ApiError('InvalidVolume', {
    reason: `Volume ${id} is attached, and its server cannot be given another disk in its place: detach it first.`,
  });

export interface MigrateWish {
  readonly host?: string | null;
  readonly cluster?: string | null;
}

/**
 * Accepts the migration. The data always goes through the hosts, so `force_host_copy` changes nothing; the volume is
 * always locked, so neither does `lock_volume`. Throws InvalidInput, InvalidHost, InvalidVolume.
 */
export async function migrateVolume(context: RequestContext, volume: VolumeRow, wish: MigrateWish): Promise<void> {
  const host = await destinationOf(context, wish);
  const { id } = volume;
  await submitOperation(
    context,
    {
      kind: 'volumeMigrate',
      resourceId: id,
      projectId: volume.projectId,
      input: { volumeId: id, host },
      claims: [{ resource: 'volume', id }],
      within: async (tx) => {
        const found = await lockForMove(tx, id);
        const stays = found?.host === host || found?.host === null;
        if (found && (stays || found.migrating || found.hasSnapshots || found.groupId !== null)) throw refusal(id);
        await noteMigrationStart(tx, id);
      },
    },
    () => (volume.status === 'in-use' ? attachedRefusal(id) : refusal(id)),
  );
}

/** There are no clusters here, so none has that name. */
async function destinationOf(context: RequestContext, { host, cluster }: MigrateWish): Promise<string> {
  const byCluster = context.atLeast(microversions.migrateToCluster) ? cluster : null;
  if (Boolean(byCluster) === Boolean(host)) {
    const reason = context.atLeast(microversions.migrateToCluster)
      ? 'One and only one of cluster and host must be set.'
      : 'Host field is missing.';
    throw new ApiError('InvalidInput', { reason });
  }
  const named = byCluster || host || '';
  const service = host && isAddress(host) ? await findService(context.db, 'cinder-volume', serviceHostOf(host)) : null;
  if (!service || service.disabled || !isUp(service, context.config.serviceDownTimeS)) {
    throw new ApiError('InvalidHost', { reason: `No available service named '${named}'` });
  }
  return named;
}

function isAddress(host: string): boolean {
  try {
    parsePoolAddress(host);
    return true;
  } catch {
    return false;
  }
}

/** Migrations here complete by themselves and never show a second volume: what Nova would report is refused. */
export async function completeMigration(
  context: RequestContext,
  volume: VolumeRow,
  newVolume: VolumeRow,
): Promise<Answer> {
  const refuse = (reason: string): never => {
    throw new ApiError('InvalidVolume', { reason });
  };
  if (!volume.migrationStatus && !newVolume.migrationStatus) {
    const attached = await attachmentsOf(context.db, volume.id);
    if (attached.length > 0) refuse('Source volume not mid-migration.');
    return { body: { save_volume_id: newVolume.id } };
  }
  if (!volume.migrationStatus) refuse('Source volume not mid-migration.');
  if (!newVolume.migrationStatus) refuse('Destination volume not mid-migration.');
  return refuse(`Destination has migration_status ${newVolume.migrationStatus}, expected target:${volume.id}.`);
}
