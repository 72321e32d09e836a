// Taking over logical volumes that others made in the group, and giving them back: by renaming them and by our marks.
import { bytesPerGib } from '../../../domain/bytes.ts';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { StepContext } from '../../step.ts';
import type { ManageableObject, ManageCapability, SnapshotRef } from '../driver.ts';
import type { LvmClient } from './client.ts';
import * as commands from './commands.ts';
import { halfMade, ownerTag, ownTagsIn, snapshotName, snapshotPrefix, tagsOf, volumeName } from './names.ts';
import type { LogicalVolume } from './parse.ts';

type Kind = 'volume' | 'snapshot';
type Sized = { readonly sizeGib: number };

export class LvmManageCapability implements ManageCapability {
  readonly #lvm: LvmClient;

  constructor(lvm: LvmClient) {
    this.#lvm = lvm;
  }

  async list(): Promise<{
    readonly volumes: readonly ManageableObject[];
    readonly snapshots: readonly ManageableObject[];
  }> {
    const all = (await this.#lvm.all()).filter((lv) => !lv.isPool && !lv.tags.includes(halfMade));
    const found = all.map((lv) => ({ lv, isSnapshot: isSnapshot(lv) }));
    const shown = (lv: LogicalVolume, sourceName: string | null): ManageableObject => ({
      name: lv.name,
      sizeGib: wholeGib(sizeShown(lv, all)),
      sourceName,
    });
    return {
      volumes: found.filter((one) => !one.isSnapshot).map(({ lv }) => shown(lv, null)),
      snapshots: found.filter((one) => one.isSnapshot).map(({ lv }) => shown(lv, lv.origin)),
    };
  }

  adoptVolume(step: StepContext, name: string, volumeId: string): Promise<Sized> {
    return this.#adopt(step, name, volumeName(volumeId), 'volume', volumeId);
  }

  abandonVolume(step: StepContext, volumeId: string, name: string): Promise<void> {
    return this.#giveBack(step, volumeName(volumeId), name);
  }

  adoptSnapshot(step: StepContext, name: string, { id, volumeId }: Omit<SnapshotRef, 'sizeGib'>): Promise<Sized> {
    return this.#adopt(step, name, snapshotName(id), 'snapshot', id, volumeName(volumeId));
  }

  abandonSnapshot(step: StepContext, { id }: Omit<SnapshotRef, 'sizeGib'>, name: string): Promise<void> {
    return this.#giveBack(step, snapshotName(id), name);
  }

  async #adopt(
    step: StepContext,
    name: string,
    ours: string,
    kind: Kind,
    id: string,
    origin: string | null = null,
  ): Promise<Sized> {
    mustBePlainName(name);
    const { group } = this.#lvm;
    const lvs = await this.#lvm.named(name, ours);
    const lv = lvs.find((one) => one.name === ours) ?? lvs.find((one) => one.name === name);
    if (!lv || lv.isPool || lv.tags.includes(halfMade)) {
      throw new StorageError('ManageRefused', `${name} is not a volume of volume group ${group}`);
    }
    if (origin !== null && lv.origin !== origin) {
      throw new StorageError('ManageRefused', `${name} is not a snapshot of ${origin} in volume group ${group}`);
    }
    if (lv.name !== ours) await this.#lvm.run(commands.rename(group, name, ours), step);
    for (const tag of ownTagsIn(lv.tags).filter((one) => one !== ownerTag(kind, id))) {
      await this.#lvm.run(commands.removeTag(group, ours, tag), step);
    }
    await this.#lvm.run(commands.addTags(group, ours, tagsOf({ kind, id, ...step })), step);
    return { sizeGib: wholeGib(origin === null ? lv.sizeBytes : await this.#sizeOf(origin)) };
  }

  async #giveBack(step: StepContext, ours: string, name: string): Promise<void> {
    mustBePlainName(name);
    const { group } = this.#lvm;
    const lvs = await this.#lvm.named(ours, name);
    const lv = lvs.find((one) => one.name === ours);
    if (!lv) return;
    // Someone may have made another LV of that name since: nothing of theirs is touched.
    if (lvs.some((one) => one.name === name)) {
      throw new StorageError('NotOurs', `${group}/${name} exists again; rename ${ours} by hand`);
    }
    for (const tag of ownTagsIn(lv.tags)) await this.#lvm.run(commands.removeTag(group, ours, tag), step);
    await this.#lvm.run(commands.rename(group, ours, name), step);
  }

  async #sizeOf(name: string): Promise<number> {
    return (await this.#lvm.mustFind(name)).sizeBytes;
  }
}

/** A clone in a thin pool has an origin too: what is named as a volume of ours is one. */
const isSnapshot = (lv: LogicalVolume): boolean =>
  lv.origin !== null && (lv.pool === null || lv.name.startsWith(snapshotPrefix));

/** A thick snapshot shows as many bytes as its origin has; its own size is its copy-on-write area's. */
function sizeShown(lv: LogicalVolume, all: readonly LogicalVolume[]): number {
  const origin = lv.origin !== null && lv.pool === null ? all.find(({ name }) => name === lv.origin) : undefined;
  return (origin ?? lv).sizeBytes;
}

const wholeGib = (bytes: number): number => Math.max(1, Math.ceil(bytes / bytesPerGib));

/** A name comes from a person. lvm(8): "VALID NAMES". */
function mustBePlainName(name: string): void {
  if (/^[A-Za-z0-9_+][A-Za-z0-9_+.-]{0,127}$/.test(name)) return;
  throw new StorageError('ManageRefused', `${JSON.stringify(name)} is not a name of a logical volume`);
}
