// Accepting a transfer: whoever has the key becomes the owner.
import {
  acceptTransfer,
  lockTransfer,
  type OpenTransfer,
  type TransferRow,
} from '../../prisma/store/volumes/transfers.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { checkVolumeSize } from '../volumes/size-limit.ts';
import { keyFits } from './auth-key.ts';
import { transferSummaryView } from './view.ts';

/** Throws TransferNotFound, InvalidAuthKey, InvalidVolume, InvalidSnapshot, and the quota's faults. */
export function accept(context: RequestContext, id: string, authKey: string): Promise<Answer> {
  return context.inTransaction(async (tx) => {
    const open = await lockTransfer(tx, id);
    if (!open) throw new ApiError('TransferNotFound', { transfer_id: id });
    if (!keyFits(open.transfer, authKey)) {
      throw new ApiError('InvalidAuthKey', { reason: `Attempt to transfer ${id} with invalid auth key.` });
    }
    await checkVolumeSize(context, open.volume.sizeGib);
    const { projectId, userId, config } = context;
    const verdict = await acceptTransfer(tx, open, { projectId, userId, quotaDefaults: config.quotaDefaults });
    if (verdict !== 'accepted') throw refusal(open, verdict);
    const row = { ...open.transfer, createdAt: '' } satisfies TransferRow;
    return { status: 202, body: { transfer: transferSummaryView(context, row) } };
  });
}

function refusal(
  { transfer, volume }: OpenTransfer,
  verdict: 'volume-status' | { readonly busySnapshotId: string },
): ApiError {
  const which = `Transfer ${transfer.id}:`;
  if (verdict === 'volume-status') {
    const reason = `${which} Volume id ${volume.id} expected in awaiting-transfer state.`;
    return new ApiError('InvalidVolume', { reason });
  }
  const reason = `${which} Snapshot ${verdict.busySnapshotId} is not in the expected available state.`;
  return new ApiError('InvalidSnapshot', { reason });
}
