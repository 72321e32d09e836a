// os-retype: another type, whose quota is used from the moment of acceptance.
import { volumeQuota } from '../../domain/quota.ts';
import { lockForMove } from '../../prisma/store/volumes/guards.ts';
import type { VolumeRow } from '../../prisma/store/volumes/volumes.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { volumePolicy } from '../volumes/policy.ts';
import { isMultiattach, mustFindNamedType } from '../volumes/type-choice.ts';
import { submitOperation } from '../operations/submit.ts';

const refusal = (): ApiError =>
  new ApiError('InvalidVolume', {
    reason:
      'Retype needs volume to be in available or in-use state, not be part of an active migration or a consistency ' +
      'group, requested type has to be different that the one from the volume, and for in-use volumes front-end qos ' +
      'specs cannot change.',
  });

export interface RetypeWish {
  readonly new_type: string;
  readonly migration_policy?: 'on-demand' | 'never';
}

/** Accepts the retype. Throws InvalidVolume, InvalidInput, VolumeTypeNotFound, QuotaExceededError. */
export async function retypeVolume(context: RequestContext, volume: VolumeRow, wish: RetypeWish): Promise<void> {
  const type = await mustFindNamedType(context, wish.new_type);
  const multiattach = isMultiattach(type);
  if (multiattach !== volume.multiattach) {
    if (volume.status !== 'available') {
      const reason =
        'Invalid volume_type passed, retypes affecting multiattach are only allowed on available volumes, ' +
        `the specified volume however currently has a status of: ${volume.status}.`;
      throw new ApiError('InvalidInput', { reason });
    }
    if (multiattach) context.authorize(volumePolicy.multiattach, volume.projectId);
  }
  const { id } = volume;
  const ofType = volumeQuota(1, volume.sizeGib, type.name).filter(({ resource }) => resource.endsWith(`_${type.name}`));
  await submitOperation(
    context,
    {
      kind: 'volumeRetype',
      resourceId: id,
      projectId: volume.projectId,
      input: {
        volumeId: id,
        newTypeId: type.id,
        oldTypeId: volume.volumeTypeId,
        // Cinder's default: https://docs.openstack.org/api-ref/block-storage/v3/#retype-a-volume
        migrationPolicy: wish.migration_policy ?? 'never',
      },
      claims: [{ resource: 'volume', id }],
      quota: volume.consumesQuota ? ofType : [],
      within: async (tx) => {
        const found = await lockForMove(tx, id);
        const unfit = found !== null && (found.typeId === type.id || found.migrating || found.groupId !== null);
        // What the quota was worked out from must still be so.
        if (unfit || (found && (found.typeId !== volume.volumeTypeId || found.sizeGib !== volume.sizeGib)))
          throw refusal();
      },
    },
    () => refusal(),
  );
}
