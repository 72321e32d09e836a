// Makes an image that shares the blocks of a snapshot, or of another image, until one of the two is written.
//
// It is made under another name and renamed when it is whole. The source of a volume's clone is held by a snapshot named
// after the clone, as Cinder does; a clone that was given blocks of its own (flattened) needs none.
import { StorageError } from '../../../domain/storage-errors.ts';
import type { StepContext } from '../../step.ts';
import { exit, type RbdClient } from './client.ts';
import * as commands from './commands.ts';
import type { RbdVolumeOptions } from './config.ts';
import { halfMadeName, holdName, isHold } from './names.ts';
import type { Image } from './parse.ts';
import { removeHold } from './remove.ts';

type Depths = Pick<RbdVolumeOptions, 'rbd_max_clone_depth' | 'rbd_flatten_volume_from_snapshot'>;

/** The clone `name` of what the image `source` is now. Repeating it is the repair. */
export async function cloneVolume(
  step: StepContext,
  rbd: RbdClient,
  options: Depths,
  source: Image,
  name: string,
): Promise<void> {
  const hold = holdName(name);
  const { access } = rbd;
  if ((await rbd.find(name)) === null) {
    try {
      await rbd.run(step, commands.createSnapshot(access, rbd.spec(source.name, hold)), {
        ok: [exit.done, exit.exists],
      });
      await protectSnapshot(step, rbd, source.name, hold);
      await makeClone(step, rbd, { image: source.name, snapshot: hold }, name);
    } catch (error) {
      // Nobody finds the hold again when the clone is given up; while the clone is there, this does nothing.
      await removeHold({ ...step, signal: new AbortController().signal }, rbd, source.name, hold).catch(
        () => undefined,
      );
      throw error;
    }
  }
  if ((await depthOf(rbd, source)) < options.rbd_max_clone_depth) return;
  await flattenImage(step, rbd, name);
  await removeHold(step, rbd, source.name, hold);
}

/** The clone `name` of a snapshot. */
export async function cloneSnapshot(
  step: StepContext,
  rbd: RbdClient,
  options: Depths,
  source: { readonly image: string; readonly snapshot: string },
  name: string,
): Promise<void> {
  if ((await rbd.find(name)) === null) {
    await protectSnapshot(step, rbd, source.image, source.snapshot);
    await makeClone(step, rbd, source, name);
  }
  if (options.rbd_flatten_volume_from_snapshot) await flattenImage(step, rbd, name);
}

/** Protected already is success: rbd calls that busy. */
export async function protectSnapshot(step: StepContext, rbd: RbdClient, image: string, name: string): Promise<void> {
  await rbd.run(step, commands.protect(rbd.access, rbd.spec(image, name)), { ok: [exit.done, exit.busy] });
}

/** Gives a clone blocks of its own; one that is none, or is gone, stays as it is. `image` may name its pool. */
export async function flattenImage(step: StepContext, rbd: RbdClient, name: string): Promise<void> {
  const found = await rbd.find(name);
  if (found?.parent) await rbd.run(step, commands.flatten(rbd.access, rbd.spec(name)), { totalBytes: found.sizeBytes });
}

async function makeClone(
  step: StepContext,
  rbd: RbdClient,
  { image, snapshot }: { readonly image: string; readonly snapshot: string },
  name: string,
): Promise<void> {
  const halfMade = rbd.spec(halfMadeName(name));
  const clone = commands.clone(rbd.access, rbd.spec(image, snapshot), halfMade);
  const { exitCode } = await rbd.run(step, clone, { ok: [exit.done, exit.exists] });
  if (exitCode === exit.exists) {
    await rbd.run(step, commands.remove(rbd.access, halfMade));
    await rbd.run(step, clone);
  }
  await rbd.run(step, commands.rename(rbd.access, halfMade, rbd.spec(name)));
}

/** Nobody makes so many by accident, and a chain has no circle. */
const believableDepth = 1_000;

/** How many clones of clones lead to this image: Cinder's count. */
async function depthOf(rbd: RbdClient, image: Image): Promise<number> {
  let depth = 0;
  for (let at: Image | null = image; at?.parent && isHold(at.parent.snapshot) && at.parent.pool === rbd.pool;) {
    depth += 1;
    if (depth > believableDepth) throw new StorageError('UnexpectedOutput', `${image.name} has too many ancestors`);
    at = await rbd.find(at.parent.image);
  }
  return depth;
}
