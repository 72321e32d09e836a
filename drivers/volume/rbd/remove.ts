// Removes images and snapshots, and keeps what clones still need of them.
//
// An image with clones is renamed to `<name>.deleted`, as Cinder does, and goes with the last of them. A clone takes along
// its hold on its source; so that nobody who died in between leaves a hold, the clone first notes whose hold it has, then
// gives up its bytes and its tie to the source, and goes last.
import { z } from 'zod';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { StepContext } from '../../step.ts';
import { exit, type RbdClient } from './client.ts';
import * as commands from './commands.ts';
import { deletedName, isDeleted, isHold } from './names.ts';
import type { Image } from './parse.ts';

const gone = [exit.done, exit.missing];
const holdNote = 'scoria.hold';
const holdSchema = z.object({ image: z.string().min(1), snapshot: z.string().min(1) });
type Hold = z.infer<typeof holdSchema>;

/** Not there is success; answers whether it was. Throws Busy when it has snapshots, or somebody has it open. */
export async function removeImage(step: StepContext, rbd: RbdClient, name: string): Promise<boolean> {
  const image = await rbd.find(name);
  if (image === null) return false;
  const { access } = rbd;
  if (await hasClones(step, rbd, image)) {
    if (!isDeleted(name)) await rbd.run(step, commands.rename(access, rbd.spec(name), rbd.spec(deletedName(name))));
    return true;
  }
  const hold = await holdOf(step, rbd, image);
  if (hold) {
    // rbd refuses to remove what is open, but not to empty it.
    const [watcher] = await rbd.watchers(name);
    if (watcher !== undefined) throw new StorageError('Busy', `${rbd.spec(name)} is open at ${watcher}`);
    await rbd.run(step, commands.setNote(access, rbd.spec(name), holdNote, JSON.stringify(hold)));
    await rbd.run(step, commands.empty(access, rbd.spec(name)), { totalBytes: image.sizeBytes, ok: [0, exit.invalid] });
    // Nothing is left to be copied; this ends the tie, which an empty image still has without showing it.
    await rbd.run(step, commands.flatten(access, rbd.spec(name)), { ok: [exit.done, exit.invalid] });
    await removeHold(step, rbd, hold.image, hold.snapshot);
    if (isDeleted(hold.image)) await removeImage(step, rbd, hold.image);
  }
  await rbd.run(step, commands.remove(access, rbd.spec(name)), { totalBytes: image.sizeBytes, ok: gone });
  return true;
}

/** A user's snapshot. Clones of it get blocks of their own first, as in Cinder. Not there is success. */
export async function removeSnapshot(step: StepContext, rbd: RbdClient, image: string, name: string): Promise<void> {
  const { access } = rbd;
  const snapshot = rbd.spec(image, name);
  const unprotect = commands.unprotect(access, snapshot);
  // `invalid`: it is not protected.
  const { exitCode } = await rbd.run(step, unprotect, { ok: [...gone, exit.invalid, exit.busy] });
  if (exitCode === exit.missing) return;
  if (exitCode === exit.busy) {
    const { sizeBytes: totalBytes } = await rbd.mustFind(image);
    for (const child of await rbd.children(image, name)) {
      await rbd.run(step, commands.flatten(access, child), { totalBytes, ok: [...gone, exit.invalid] });
    }
    await rbd.run(step, unprotect, { ok: [...gone, exit.invalid] });
  }
  await rbd.run(step, commands.removeSnapshot(access, snapshot), { ok: gone });
}

/** Lets go of a clone's source. Throws Busy while the clone is tied to it. */
export async function removeHold(step: StepContext, rbd: RbdClient, image: string, hold: string): Promise<void> {
  const snapshot = rbd.spec(image, hold);
  const { exitCode } = await rbd.run(step, commands.unprotect(rbd.access, snapshot), { ok: [...gone, exit.invalid] });
  if (exitCode !== exit.missing) await rbd.run(step, commands.removeSnapshot(rbd.access, snapshot), { ok: gone });
}

/** Holds whose clone was never made, or has blocks of its own by now, go at once. Throws Busy for a user's snapshot. */
async function hasClones(step: StepContext, rbd: RbdClient, { name, snapshots }: Image): Promise<boolean> {
  if (snapshots === 0) return false;
  let found = false;
  for (const snapshot of await rbd.snapshots(name)) {
    if (!snapshot.isVisible) {
      found = true;
    } else if (!isHold(snapshot.name)) {
      throw new StorageError('Busy', `${rbd.spec(name)} still has the snapshot ${snapshot.name}`);
    } else if ((await rbd.children(name, snapshot.name)).length > 0) {
      found = true;
    } else await removeHold(step, rbd, name, snapshot.name);
  }
  return found;
}

/** The hold that this clone has on its source; one that has given up its bytes has noted it. */
async function holdOf(step: StepContext, rbd: RbdClient, { name, sizeBytes, parent }: Image): Promise<Hold | null> {
  if (parent && isHold(parent.snapshot) && parent.pool === rbd.pool && parent.pool_namespace === '') {
    return { image: parent.image, snapshot: parent.snapshot };
  }
  if (sizeBytes > 0) return null;
  const note = await rbd.run(step, commands.getNote(rbd.access, rbd.spec(name), holdNote), { ok: gone });
  if (note.exitCode === exit.missing) return null;
  const { data: hold } = holdSchema.safeParse(jsonOrNull(note.stdout));
  if (hold) return hold;
  throw new StorageError('UnexpectedOutput', `${rbd.spec(name)} has the note ${JSON.stringify(note.stdout)}`);
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
