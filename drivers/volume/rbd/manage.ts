// Taking over images and snapshots that others made in the pool, and giving them back: by renaming them.
import { bytesPerGib } from '../../../domain/bytes.ts';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { StepContext } from '../../step.ts';
import type { ManageableObject, ManageCapability, SnapshotRef } from '../driver.ts';
import { protectSnapshot } from './clone.ts';
import { exit, type RbdClient } from './client.ts';
import * as commands from './commands.ts';
import { isHold, isInternal, snapshotName, volumeName } from './names.ts';
import type { Image } from './parse.ts';

type Sized = { readonly sizeGib: number };

export class RbdManageCapability implements ManageCapability {
  readonly #rbd: RbdClient;

  constructor(rbd: RbdClient) {
    this.#rbd = rbd;
  }

  async list(): Promise<{
    readonly volumes: readonly ManageableObject[];
    readonly snapshots: readonly ManageableObject[];
  }> {
    const all = (await this.#rbd.list()).filter(({ image }) => !isInternal(image) && isPlainName(image));
    return {
      volumes: all.flatMap(({ image, snapshot, sizeBytes }) =>
        snapshot === null ? [{ name: image, sizeGib: wholeGib(sizeBytes), sourceName: null }] : [],
      ),
      snapshots: all.flatMap(({ image, snapshot, sizeBytes }) =>
        snapshot === null || isHold(snapshot)
          ? []
          : [{ name: snapshot, sizeGib: wholeGib(sizeBytes), sourceName: image }],
      ),
    };
  }

  async adoptVolume(step: StepContext, name: string, volumeId: string): Promise<Sized> {
    mustBePlainName(name);
    const ours = volumeName(volumeId);
    const { access } = this.#rbd;
    let image = await this.#rbd.find(ours);
    if (image === null) {
      image = isInternal(name) ? null : await this.#rbd.find(name);
      if (image === null) throw this.#refused(`${name} is not an image of pool ${this.#rbd.pool}`);
      await this.#rbd.run(step, commands.rename(access, this.#rbd.spec(name), this.#rbd.spec(ours)));
    }
    return { sizeGib: wholeGib(image.sizeBytes) };
  }

  async abandonVolume(step: StepContext, volumeId: string, name: string): Promise<void> {
    mustBePlainName(name);
    const ours = volumeName(volumeId);
    if ((await this.#rbd.find(ours)) === null) return;
    const rename = commands.rename(this.#rbd.access, this.#rbd.spec(ours), this.#rbd.spec(name));
    const { exitCode } = await this.#rbd.run(step, rename, { ok: [exit.done, exit.exists] });
    // Someone may have made another image of that name since: nothing of theirs is touched.
    if (exitCode === exit.exists) throw new StorageError('NotOurs', `${name} exists again; rename ${ours} by hand`);
  }

  async adoptSnapshot(step: StepContext, name: string, ref: Omit<SnapshotRef, 'sizeGib'>): Promise<Sized> {
    mustBePlainName(name);
    const [image, ours] = [volumeName(ref.volumeId), snapshotName(ref.id)];
    let found: Image | null = await this.#rbd.find(image, ours);
    if (found === null) {
      found = isHold(name) ? null : await this.#rbd.find(image, name);
      if (found === null) throw this.#refused(`${name} is not a snapshot of ${this.#rbd.spec(image)}`);
      await this.#renameSnapshot(step, image, name, ours);
    }
    await protectSnapshot(step, this.#rbd, image, ours);
    return { sizeGib: wholeGib(found.sizeBytes) };
  }

  /** It stays protected: nobody is hurt by that, and clones may need it. */
  async abandonSnapshot(step: StepContext, ref: Omit<SnapshotRef, 'sizeGib'>, name: string): Promise<void> {
    mustBePlainName(name);
    const [image, ours] = [volumeName(ref.volumeId), snapshotName(ref.id)];
    if ((await this.#rbd.find(image, ours)) === null) return;
    if ((await this.#rbd.find(image, name)) !== null) {
      throw new StorageError('NotOurs', `${image}@${name} exists again; rename ${ours} by hand`);
    }
    await this.#renameSnapshot(step, image, ours, name);
  }

  async #renameSnapshot(step: StepContext, image: string, from: string, to: string): Promise<void> {
    const { access } = this.#rbd;
    await this.#rbd.run(step, commands.renameSnapshot(access, this.#rbd.spec(image, from), this.#rbd.spec(image, to)));
  }

  #refused(words: string): StorageError {
    return new StorageError('ManageRefused', words);
  }
}

const wholeGib = (bytes: number): number => Math.max(1, Math.ceil(bytes / bytesPerGib));

/** One that can stand on rbd's command line: no pool, no snapshot, no option. */
const isPlainName = (name: string): boolean => /^[\w+.][\w+.: -]{0,250}$/.test(name);

/** A name comes from a person. */
function mustBePlainName(name: string): void {
  if (isPlainName(name)) return;
  throw new StorageError(
    'ManageRefused',
    `${JSON.stringify(name)} is not a name of an RBD image that Scoria takes over`,
  );
}
