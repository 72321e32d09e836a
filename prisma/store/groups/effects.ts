// What the endings of group operations change besides statuses: each member's own ending, and the group's quota.
import type { Prisma } from '../../generated/client.ts';
import {
  creationUndone,
  inputOf,
  nothing,
  refundSnapshot,
  snapshotFinished,
  volumeGone,
  volumeLaunched,
  type Ending,
} from '../operations/ending-parts.ts';
import type { OperationRow } from '../operations/row.ts';
import { refundQuota } from '../capacity/quota-usage.ts';

interface GroupInput {
  readonly volumeIds?: readonly string[];
  readonly snapshotIds?: readonly string[];
}

export const groupEndings = {
  groupCreate: { succeeded: nothing, unsuccessful: nothing },
  groupCreateFromSource: { succeeded: forVolumes(volumeLaunched), unsuccessful: forVolumes(creationUndone) },
  groupDelete: { succeeded: groupGone, unsuccessful: nothing },
  groupSnapshotCreate: { succeeded: forSnapshots(snapshotFinished), unsuccessful: nothing },
  groupSnapshotDelete: {
    succeeded: forSnapshots((tx, { resourceId }) => refundSnapshot(tx, resourceId)),
    unsuccessful: nothing,
  },
} as const satisfies Record<string, { succeeded: Ending; unsuccessful: Ending }>;

type MemberEnding = (tx: Prisma.TransactionClient, member: OperationRow) => Promise<void>;

/** Ends each member as its own operation would have. In one order for all, so that none waits for another in a circle. */
async function endEach(
  tx: Prisma.TransactionClient,
  operation: OperationRow,
  ids: readonly string[],
  ending: MemberEnding,
): Promise<void> {
  for (const resourceId of ids.toSorted()) await ending(tx, { ...operation, resourceId, input: {} });
}

function forVolumes(ending: MemberEnding): Ending {
  return (tx, operation) => endEach(tx, operation, inputOf<GroupInput>(operation).volumeIds ?? [], ending);
}

function forSnapshots(ending: MemberEnding): Ending {
  return (tx, operation) => endEach(tx, operation, inputOf<GroupInput>(operation).snapshotIds ?? [], ending);
}

async function groupGone(tx: Prisma.TransactionClient, operation: OperationRow): Promise<void> {
  await endEach(tx, operation, inputOf<GroupInput>(operation).volumeIds ?? [], volumeGone);
  const { projectId } = await tx.volumeGroup.findUniqueOrThrow({ where: { id: operation.resourceId } });
  await refundQuota(tx, projectId, [{ resource: 'groups', delta: 1 }]);
}
