// os-extend: only growing, and while attached only since 3.42.
import { extendQuota } from '../../domain/quota.ts';
import { StatusConflictError } from '../../prisma/store/operations/accept-types.ts';
import { lockWithSize } from '../../prisma/store/volumes/size.ts';
import type { VolumeRow } from '../../prisma/store/volumes/volumes.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { checkVolumeSize } from '../volumes/size-limit.ts';
import { volumeActionPolicy } from './policy.ts';
import { submitOperation } from '../operations/submit.ts';
import { microversions } from '../http/microversion-table.ts';

/** Accepts the extend. Throws InvalidInput, InvalidVolume, VolumeSizeExceedsLimit, QuotaExceededError. */
export async function extendVolume(context: RequestContext, volume: VolumeRow, newSizeGib: number): Promise<void> {
  const { id, sizeGib } = volume;
  const attached = context.atLeast(microversions.extendInUse) && volume.status === 'in-use';
  context.authorize(attached ? volumeActionPolicy.extendAttached : volumeActionPolicy.extend, volume);
  const deltaGib = newSizeGib - sizeGib;
  if (deltaGib <= 0) {
    const sizes = `(current: ${sizeGib}, extended: ${newSizeGib})`;
    throw new ApiError('InvalidInput', { reason: `New size for extend must be greater than current size. ${sizes}.` });
  }
  await checkVolumeSize(context, newSizeGib);
  const expected = attached ? 'in-use' : 'available';
  await submitOperation(
    context,
    {
      kind: 'volumeExtend',
      resourceId: id,
      projectId: volume.projectId,
      input: { volumeId: id, newSizeGib },
      claims: [{ resource: 'volume', id }],
      quota: extendQuota(deltaGib, volume.typeName),
      within: async (tx) => {
        const state = await lockWithSize(tx, id);
        // Another extend that came in between has changed what the quota was worked out from.
        const changed = state !== null && state.sizeGib !== sizeGib;
        if (state?.status !== expected || changed) throw new StatusConflictError('volume', id, state?.status ?? null);
      },
    },
    ({ status }) => {
      const reason = `Volume ${id} status must be '{'status': '${expected}'}' to extend, currently ${status}.`;
      return new ApiError('InvalidVolume', { reason });
    },
  );
}

/**
 * With some drivers Nova grows an attached volume and then tells Cinder. Here every extend is finished by its own
 * workflow, so none ever waits for this call: Cinder's words for a volume that does not. Always throws InvalidVolume.
 */
export function completeExtend({ status }: Pick<VolumeRow, 'status'>): never {
  const reason =
    status === 'extending'
      ? 'Required volume admin metadata is malformed or missing.'
      : 'Volume is not being extended.';
  throw new ApiError('InvalidVolume', { reason });
}
