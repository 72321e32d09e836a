// Moving a volume to another pool: a copy beside it, one switch, and only then the old storage's end. Never two volumes.
import type { OpenDataRequest } from '../../activities/target.ts';
import { closeData, placedHost } from './connection.ts';
import { control } from './control.ts';
import { hostNameOf, type OperationRun } from './run.ts';

export interface MoveWish {
  readonly volumeId: string;
  /** host@backend#pool, with the space for the copy promised. */
  readonly pool: string;
  /** The type that it has there; null leaves it as it is. */
  readonly newTypeId: string | null;
}

/**
 * Moves it. The copy bears the operation's id until the switch, so that two back-ends in one volume group or directory
 * never mistake one for the other. The switch is one transaction. Before it, an abort removes the copy; after it, an
 * abort finishes the move, because there is no way back.
 */
export async function moveVolume(run: OperationRun, wish: MoveWish): Promise<void> {
  run.undo('settle the move: remove the copy, or finish if the volume is there already', () => settle(run, wish));
  const { moved } = await control.moveState(run.operationId);
  if (moved === null) await makeCopy(run, wish);
  // What a rehearsal needs is on the undo stack; settling asks the database how far the move has come.
  if (run.rehearsing) return;
  if (moved === null) {
    await run.passPointOfNoReturn();
    run.show('Switching to the copy');
    await control.recordMove({ claim: run.claim, ...wish });
  }
  await finish(run, wish.volumeId);
}

const copyOf = (run: OperationRun, volumeId: string) => ({
  id: run.operationId,
  sizeGib: run.volume(volumeId).sizeGib,
});

async function makeCopy(run: OperationRun, { volumeId, pool }: MoveWish): Promise<void> {
  const source = placedHost(run, volumeId);
  const copy = copyOf(run, volumeId);
  await run.onVolumeHost(pool, `Make room for ${copy.sizeGib} GiB`, (on) => on.createCopy({ claim: run.claim, copy }));
  const open: OpenDataRequest = { claim: run.claim, volumeId, snapshot: null, readerHost: hostNameOf(pool) };
  run.undo('close the volume', () => closeData(run, source, open));
  const data = await run.onVolumeHost(source, 'Open the volume', (on) => on.openData(open));
  await run.onVolumeHost(pool, `Copy ${copy.sizeGib} GiB`, (on) =>
    on.fillCopy({ claim: run.claim, copy, volumeId, data }),
  );
  await closeData(run, source, open);
  if (!run.rehearsing) run.undone();
}

/** After the switch: the old storage goes, then the copy takes the volume's id. */
async function finish(run: OperationRun, volumeId: string): Promise<void> {
  const { moved, sourceRemoved } = await control.moveState(run.operationId);
  if (moved === null) throw new Error('the move has not been recorded');
  const copy = copyOf(run, volumeId);
  if (!sourceRemoved) {
    await run.onVolumeHost(moved.from, 'Erase and remove the old storage', (on) =>
      on.removeVolume({ claim: run.claim, volume: { ...copy, id: volumeId } }),
    );
    await control.recordSourceRemoved(run.claim);
  }
  // A removal that still sleeps on a host is refused from here on: the name is the copy's now.
  await run.renewClaim();
  await run.onVolumeHost(moved.to, 'Give the copy its name', (on) =>
    on.renameCopy({ claim: run.claim, copy, volumeId }),
  );
}

/** What an abort does: depends on whether the switch has happened, which only the database knows. */
async function settle(run: OperationRun, { volumeId, pool }: MoveWish): Promise<void> {
  const { moved } = await control.moveState(run.operationId);
  if (moved !== null) return finish(run, volumeId);
  await run.onVolumeHost(pool, 'Remove the copy', (on) =>
    on.removeVolume({ claim: run.claim, volume: copyOf(run, volumeId) }),
  );
}
