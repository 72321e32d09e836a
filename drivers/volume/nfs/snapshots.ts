// Snapshots as chains of overlays: the snapshot is the file that nobody writes any more, what comes after goes on top.
import { StorageError } from '../../../domain/storage-errors.ts';
import type { StepContext } from '../../step.ts';
import type { VolumeChain } from './chain.ts';
import { commitOverlay, createOverlay, rebaseOverlay, type ImageFile } from './commands.ts';

const nameOf = (chain: VolumeChain, { path, format }: ImageFile): ImageFile => ({
  path: path.slice(chain.files.directory.length + 1),
  format,
});

/** An overlay, and what a revert of it that died has left. */
function filesOf(chain: VolumeChain, overlay: ImageFile): readonly string[] {
  const { path } = nameOf(chain, overlay);
  return [path, revertedName(path)];
}

/** No name that could be a snapshot's. */
const revertedName = (name: string): string => `${name}.reverted`;

/** Puts an overlay on top. One that is there but not recorded is a dead attempt's, in which nobody has written. */
export async function takeSnapshot(
  step: StepContext,
  chain: VolumeChain,
  snapshotId: string,
  mode: string,
): Promise<void> {
  if (chain.overlayOf(snapshotId)) return;
  mustNotBeExported(chain, 'A snapshot of it cannot be taken');
  const { files, active } = chain;
  const overlay = chain.newOverlay(snapshotId);
  const { sizeBytes } = await chain.facts(active);
  await files.image(createOverlay(overlay.path, nameOf(chain, active), sizeBytes), step);
  await files.setMode(nameOf(chain, overlay).path, mode);
  await chain.record({ add: snapshotId, active: overlay });
}

/**
 * Takes a snapshot out of the chain, wherever in it: what its overlay holds goes into the file below, which was the
 * snapshot. Wherever it dies, a repeat finishes: the record changes only when nothing needs the overlay any more.
 */
export async function dropSnapshot(step: StepContext, chain: VolumeChain, snapshotId: string): Promise<void> {
  const { files } = chain;
  const overlay = chain.overlayOf(snapshotId);
  if (!overlay) {
    // Recorded as gone, or never recorded.
    await files.remove(filesOf(chain, chain.newOverlay(snapshotId)));
    return;
  }
  mustNotBeExported(chain, 'Its snapshots cannot be deleted');
  const below = await chain.backingOf(overlay);
  const isOnTop = chain.active.path === overlay.path;
  const above = isOnTop ? null : await chain.overlayOn(overlay);
  if (isOnTop || above) {
    const { sizeBytes } = await chain.facts(overlay);
    await files.copy(commitOverlay(overlay.path), step, sizeBytes);
  }
  if (above) await files.image(rebaseOverlay(above.path, nameOf(chain, below)), step);
  await chain.record({ remove: snapshotId, active: isOnTop ? below : chain.active });
  await files.remove(filesOf(chain, overlay));
}

/** Throws away what came after the newest snapshot. Throws Unsupported for an older one, which Cinder's API refuses. */
export async function revertToNewest(step: StepContext, chain: VolumeChain, snapshotId: string): Promise<void> {
  const overlay = chain.overlayOf(snapshotId);
  if (!overlay) throw new StorageError('Missing', `volume ${chain.volumeId} has no snapshot ${snapshotId}`);
  if (overlay.path !== chain.active.path) {
    throw new StorageError('Unsupported', `snapshot ${snapshotId} is not the newest of volume ${chain.volumeId}`);
  }
  mustNotBeExported(chain, 'It cannot be reverted');
  const below = await chain.backingOf(overlay);
  const { sizeBytes } = await chain.facts(overlay);
  const name = revertedName(nameOf(chain, overlay).path);
  await chain.files.image(createOverlay(chain.files.path(name), nameOf(chain, below), sizeBytes), step);
  await chain.files.rename(name, nameOf(chain, overlay).path);
}

/** Its files change under whoever has it open; Cinder asks Nova to do it through the instance, which is not here. */
export function mustNotBeExported(chain: VolumeChain, what: string): void {
  if (!chain.isExported) return;
  throw new StorageError(
    'Unsupported',
    `volume ${chain.volumeId} on ${chain.files.share} is attached or being copied. ${what} while it is: detach it first.`,
  );
}
