// The volume driver `lvm`: each volume and snapshot is a logical volume of one group, thick or in a thin pool.
//
// An LV whose bytes have to be copied is made with the tag scoria.half-made, and loses it last: whoever finds the tag
// makes the LV anew. Every LV of ours carries tags that say whose it is; what does not carry them is never removed.
import { gibToBytes } from '../../../domain/bytes.ts';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { StepContext } from '../../step.ts';
import type {
  LocalPath,
  ManageCapability,
  PoolStats,
  SnapshotRef,
  VolumeDriver,
  VolumeRef,
  VolumeSource,
} from '../driver.ts';
import { copyDevice } from '../../data/block-device.ts';
import { LvmClient } from './client.ts';
import * as commands from './commands.ts';
import type { LvmVolumeOptions } from './config.ts';
import { copyFrom } from './copy.ts';
import { eraseVolume, removeCloneSource } from './erase.ts';
import { LvmManageCapability } from './manage.ts';
import { devicePath, halfMade, idIn, ownerTag, snapshotName, tagsOf, volumeName } from './names.ts';
import type { LogicalVolume } from './parse.ts';
import { chooseProvisioning } from './provisioning.ts';
import { poolStats } from './stats.ts';

type Source = Exclude<VolumeSource, { kind: 'blank' }>;

export class LvmVolumeDriver implements VolumeDriver {
  readonly name = 'lvm';
  /** Only a pool zeroes what it gives out; a thick volume shows what its extents held before. */
  newVolumesReadZero = false;
  readonly #options: LvmVolumeOptions;
  readonly #lvm: LvmClient;
  readonly manage: ManageCapability;
  #pool: string | null = null;

  constructor(options: LvmVolumeOptions) {
    this.#options = options;
    this.#lvm = new LvmClient(options.volume_group, `${options.volume_backend_name}.volume_group`);
    this.manage = new LvmManageCapability(this.#lvm);
  }

  /** Makes the thin pool where the options want one and there is none. Throws Misconfigured, CommandMissing. */
  async checkForSetup(): Promise<void> {
    const pool = await chooseProvisioning(this.#lvm, this.#options);
    this.#pool = pool?.name ?? null;
    this.newVolumesReadZero = pool?.zeroesNewBlocks ?? false;
  }

  async stats(): Promise<readonly PoolStats[]> {
    const [group, volumes] = [await this.#lvm.showGroup(), await this.#lvm.all()];
    const pool = volumes.find((lv) => lv.isPool && lv.name === this.#pool) ?? null;
    if (this.#pool !== null && pool === null) throw this.#poolIsGone(this.#pool);
    return [poolStats(this.#options, { group, volumes, pool }, 'iSCSI')];
  }

  async createVolume(step: StepContext, volume: VolumeRef, source: VolumeSource): Promise<void> {
    const name = volumeName(volume.id);
    const sizeBytes = gibToBytes(volume.sizeGib);
    const sourceLv = source.kind === 'blank' ? null : await this.#mustFit(source, volume);
    const found = await this.#lvm.find(name);
    if (found && isWhole(found)) return this.#finishGrowing(step, found, sizeBytes);
    if (found) await this.#removeOurs(step, found, 'volume', volume.id);
    const tags = tagsOf({ kind: 'volume', id: volume.id, ...step });
    if (sourceLv === null) await this.#createBlank(step, name, sizeBytes, tags);
    else if (sourceLv.pool === null) {
      await this.#createBlank(step, name, sizeBytes, [...tags, halfMade]);
      const lengthBytes = source.kind === 'snapshot' ? gibToBytes(source.snapshot.sizeGib) : sourceLv.sizeBytes;
      const copy = { sourceLv, volumeId: volume.id, lengthBytes };
      await copyFrom(step, { lvm: this.#lvm, options: this.#options, skipZeros: this.newVolumesReadZero }, copy);
      await this.#run(step, commands.removeTag(this.#group, name, halfMade));
    } else {
      // Blocks are shared until one of the two is written; growing is all that is left to do, and is done again if need be.
      await this.#run(step, commands.createThinSnapshot(this.#group, sourceLv.name, name, tags));
      await this.#finishGrowing(step, await this.#lvm.mustFind(name), sizeBytes);
    }
  }

  async deleteVolume(step: StepContext, volume: VolumeRef): Promise<void> {
    const name = volumeName(volume.id);
    const lvs = await this.#lvm.named(name);
    const found = lvs.find((lv) => lv.name === name);
    if (!found) return;
    // lvremove would take them along.
    const snapshots = lvs.filter((lv) => lv.origin === name && lv.pool === null);
    for (const lv of snapshots) {
      throw new StorageError('Busy', `${devicePath(this.#group, name)} still has the snapshot ${lv.name}`);
    }
    await this.#removeOurs(step, found, 'volume', volume.id);
  }

  async extendVolume(step: StepContext, volume: VolumeRef, newSizeGib: number): Promise<void> {
    await this.#finishGrowing(step, await this.#existing(volumeName(volume.id)), gibToBytes(newSizeGib));
  }

  async createSnapshot(step: StepContext, snapshot: SnapshotRef): Promise<void> {
    const [name, originName] = [snapshotName(snapshot.id), volumeName(snapshot.volumeId)];
    const lvs = await this.#lvm.named(name, originName);
    if (lvs.some((lv) => lv.name === name)) return;
    const origin = lvs.find((lv) => lv.name === originName) ?? (await this.#lvm.mustFind(originName));
    const create = origin.pool === null ? commands.createThickSnapshot : commands.createThinSnapshot;
    const tags = tagsOf({ kind: 'snapshot', id: snapshot.id, ...step });
    await this.#run(step, create(this.#group, originName, name, tags));
  }

  async deleteSnapshot(step: StepContext, snapshot: SnapshotRef): Promise<void> {
    const found = await this.#lvm.find(snapshotName(snapshot.id));
    if (found) await this.#removeOurs(step, found, 'snapshot', snapshot.id);
  }

  /** Written from the snapshot's start to its end again: whoever dies in between begins anew. */
  async revertToSnapshot(step: StepContext, volume: VolumeRef, snapshot: SnapshotRef): Promise<void> {
    const [from, to] = [await this.snapshotPath(snapshot), await this.volumePath(volume.id)];
    const blockSize = this.#options.volume_dd_blocksize;
    const lengthBytes = gibToBytes(snapshot.sizeGib);
    await copyDevice(step, { from: from.path, to: to.path, lengthBytes, blockSize, skipZeros: false });
  }

  async renameVolume(step: StepContext, volume: VolumeRef, newId: string): Promise<void> {
    const [oldName, newName] = [volumeName(volume.id), volumeName(newId)];
    const lvs = await this.#lvm.named(oldName, newName);
    if (!lvs.some((lv) => lv.name === newName)) {
      await this.#existing(oldName);
      await this.#run(step, commands.addTags(this.#group, oldName, [ownerTag('volume', newId)]));
      await this.#run(step, commands.rename(this.#group, oldName, newName));
    }
    await this.#run(step, commands.removeTag(this.#group, newName, ownerTag('volume', volume.id)));
  }

  async volumePath(volumeId: string): Promise<LocalPath> {
    return this.#path(await this.#existing(volumeName(volumeId)));
  }

  async snapshotPath(snapshot: SnapshotRef): Promise<LocalPath> {
    const found = await this.#existing(snapshotName(snapshot.id));
    // Split from its origin: it is being deleted, and holds no snapshot any more.
    if (found.origin === null && found.pool === null) {
      throw new StorageError('Missing', `${devicePath(this.#group, found.name)} is being erased`);
    }
    return this.#path(found);
  }

  async listObjects(): Promise<{ readonly volumeIds: readonly string[]; readonly snapshotIds: readonly string[] }> {
    const all = await this.#lvm.all();
    const idsOf = (kind: 'volume' | 'snapshot'): readonly string[] => all.flatMap(({ name }) => idIn(name, kind) ?? []);
    return { volumeIds: idsOf('volume'), snapshotIds: idsOf('snapshot') };
  }

  get #group(): string {
    return this.#lvm.group;
  }

  #run(step: StepContext, argv: Parameters<LvmClient['run']>[0]): Promise<string> {
    return this.#lvm.run(argv, step);
  }

  async #createBlank(step: StepContext, name: string, sizeBytes: number, tags: readonly string[]): Promise<void> {
    const pool = this.#pool;
    const argv =
      pool === null
        ? commands.createThick(this.#group, name, sizeBytes, tags)
        : commands.createThin(this.#group, pool, name, sizeBytes, tags);
    await this.#run(step, argv);
  }

  /** The source's LV. Throws Missing, and SourceTooLarge when the new volume could not hold it. */
  async #mustFit(source: Source, { sizeGib }: VolumeRef): Promise<LogicalVolume> {
    const lv = await this.#existing(
      source.kind === 'snapshot' ? snapshotName(source.snapshot.id) : volumeName(source.volume.id),
    );
    const sourceBytes = source.kind === 'snapshot' ? gibToBytes(source.snapshot.sizeGib) : lv.sizeBytes;
    if (sourceBytes <= gibToBytes(sizeGib)) return lv;
    throw new StorageError('SourceTooLarge', `the source has ${sourceBytes} bytes, the new volume ${sizeGib} GiB`);
  }

  /** Active and of at least that size, whatever an earlier try left undone. */
  async #finishGrowing(step: StepContext, lv: LogicalVolume, sizeBytes: number): Promise<void> {
    if (lv.sizeBytes < sizeBytes) {
      const extend = commands.extend(this.#group, lv.name, sizeBytes);
      // LVM does not resize the origin of an active thick snapshot; one that is in use stays as it is.
      const isThickOrigin =
        lv.pool === null && (await this.#lvm.named(lv.name)).some(({ origin }) => origin === lv.name);
      if (!isThickOrigin) await this.#run(step, extend);
      else {
        this.#mustNotBeOpen(lv);
        await this.#run(step, commands.deactivate(this.#group, lv.name));
        await this.#run(step, extend);
      }
      await this.#run(step, commands.activate(this.#group, lv.name));
    } else if (!lv.isActive) await this.#run(step, commands.activate(this.#group, lv.name));
  }

  #mustNotBeOpen(lv: LogicalVolume): void {
    if (!lv.isOpen) return;
    const path = devicePath(this.#group, lv.name);
    throw new StorageError('Busy', `${path} is in use and has snapshots: LVM can extend it once it is detached`);
  }

  /** Erases per `volume_clear`, then removes. Throws NotOurs for what does not carry our tag. */
  async #removeOurs(step: StepContext, lv: LogicalVolume, kind: 'volume' | 'snapshot', id: string): Promise<void> {
    const path = devicePath(this.#group, lv.name);
    if (!lv.tags.includes(ownerTag(kind, id))) {
      throw new StorageError('NotOurs', `${path} is not Scoria's: it has no tag ${ownerTag(kind, id)}`);
    }
    const place = { lvm: this.#lvm, options: this.#options };
    if (kind === 'volume') await removeCloneSource(step, place, id);
    await eraseVolume(step, place, lv);
    await this.#run(step, commands.remove(this.#group, lv.name));
  }

  async #existing(name: string): Promise<LogicalVolume> {
    const lv = await this.#lvm.mustFind(name);
    if (isWhole(lv)) return lv;
    throw new StorageError('Missing', `${devicePath(this.#group, name)} is only half made`);
  }

  /** After a restart of the host, not every LV need be active. */
  async #path(lv: LogicalVolume): Promise<LocalPath> {
    if (!lv.isActive) await this.#lvm.run(commands.activate(this.#group, lv.name));
    return { path: devicePath(this.#group, lv.name), kind: 'block' };
  }

  #poolIsGone(pool: string): StorageError {
    const option = `${this.#options.volume_backend_name}.volume_group`;
    return new StorageError('Misconfigured', `thin pool ${pool} is not in volume group ${this.#group} (${option})`);
  }
}

const isWhole = (lv: LogicalVolume): boolean => !lv.tags.includes(halfMade);
