// The volume driver `nfs`: each volume is a file on one of several shares, raw or qcow2; snapshots are chains of qcow2.
import { StorageError } from '../../../domain/storage-errors.ts';
import { gibToBytes } from '../../../domain/bytes.ts';
import { inTurn } from '../../../privileged/in-turn.ts';
import type { StepContext } from '../../step.ts';
import type { LocalPath, PoolStats, SnapshotRef, VolumeDriver, VolumeRef, VolumeSource } from '../driver.ts';
import { VolumeChain } from './chain.ts';
import { copyImage, createImage, growImage, type ImageFile, type ImageFormat } from './commands.ts';
import type { NfsVolumeOptions } from './config.ts';
import { takeMark } from './mark.ts';
import { exportName, idIn, infoName, markName, partialName, volumeName } from './names.ts';
import type { ShareFiles } from './share-files.ts';
import { NfsShares } from './shares.ts';
import { dropSnapshot, mustNotBeExported, revertToNewest, takeSnapshot } from './snapshots.ts';
import { poolStats } from './stats.ts';

const never = new AbortController().signal;

export class NfsVolumeDriver implements VolumeDriver {
  readonly name = 'nfs';
  readonly newVolumesReadZero = true;
  readonly answersImages = true;
  readonly shares: NfsShares;
  readonly renameVolume?: VolumeDriver['renameVolume'];
  readonly #options: NfsVolumeOptions;

  constructor(options: NfsVolumeOptions, shares = new NfsShares(options)) {
    this.#options = options;
    this.shares = shares;
    // The new side of a migration is filled as a plain file.
    if (!options.nfs_qcow2_volumes) this.renameVolume = (step, volume, newId) => this.#rename(step, volume, newId);
  }

  /** Mounts every share and writes there; as in Cinder, those that do not answer are left out until they do. */
  async checkForSetup(): Promise<void> {
    const shares = await this.shares.open();
    for (const files of shares) await this.shares.prepare(files);
  }

  async stats(): Promise<readonly PoolStats[]> {
    return [poolStats(this.#options, await this.shares.uses())];
  }

  async createVolume(step: StepContext, volume: VolumeRef, source: VolumeSource): Promise<void> {
    const sizeBytes = gibToBytes(volume.sizeGib);
    const name = volumeName(volume.id);
    const from = source.kind === 'blank' ? null : await this.#source(source, sizeBytes);
    await this.#alone(volume.id, step, async () => {
      const found = await this.#find(volume.id);
      if (found) return this.#grow(step, found, sizeBytes);
      const files = await this.shares.choose(volume.sizeGib);
      await this.shares.prepare(files);
      await this.#removePartials(files, volume.id);
      const { format } = await takeMark(files, volume.id, step, this.#format);
      const partial = partialName(volume.id, step.operationId, step.epoch);
      try {
        await this.#fill(step, files, { path: files.path(partial), format }, sizeBytes, from);
        step.signal.throwIfAborted();
        await files.setMode(partial, this.#mode);
        await files.rename(partial, name);
      } catch (error) {
        await files.remove([partial, markName(volume.id)]).catch(() => undefined);
        throw error;
      }
    });
  }

  async deleteVolume(step: StepContext, volume: VolumeRef): Promise<void> {
    const name = volumeName(volume.id);
    await this.#alone(volume.id, step, async () => {
      const chain = await this.#find(volume.id);
      if (!chain) return this.#removeLitter(volume.id);
      const { files } = chain;
      mustNotBeExported(chain, 'It cannot be deleted');
      const [left] = chain.snapshotIds;
      if (left !== undefined) throw new StorageError('Busy', `${files.path(name)} still has the snapshot ${left}`);
      await takeMark(files, volume.id, step, chain.first.format);
      await this.#removePartials(files, volume.id);
      await files.removeTexts([infoName(volume.id)]);
      // What the volume is found by goes last but one, and what says that it is ours after it.
      await files.remove([name]);
      await files.removeTexts([markName(volume.id)]);
    });
  }

  async extendVolume(step: StepContext, volume: VolumeRef, newSizeGib: number): Promise<void> {
    await this.#alone(volume.id, step, async () => {
      const chain = await this.#existing(volume.id);
      const { sizeBytes } = await chain.facts(chain.active);
      if (sizeBytes >= gibToBytes(newSizeGib)) return;
      mustNotBeExported(chain, `Cannot extend volume ${volume.id} while it is attached. It cannot grow`);
      await takeMark(chain.files, volume.id, step, chain.first.format);
      await this.#grow(step, chain, gibToBytes(newSizeGib));
    });
  }

  async createSnapshot(step: StepContext, snapshot: SnapshotRef): Promise<void> {
    if (!this.#options.nfs_snapshot_support) {
      throw new StorageError('Unsupported', 'NFS driver snapshot support is disabled in cinder.conf.');
    }
    await this.#alone(snapshot.volumeId, step, async () => {
      const chain = await this.#existing(snapshot.volumeId);
      await takeMark(chain.files, snapshot.id, step, 'qcow2');
      await takeSnapshot(step, chain, snapshot.id, this.#mode);
    });
  }

  async deleteSnapshot(step: StepContext, snapshot: SnapshotRef): Promise<void> {
    await this.#alone(snapshot.volumeId, step, async () => {
      const chain = await this.#find(snapshot.volumeId);
      if (!chain) return;
      await takeMark(chain.files, snapshot.id, step, 'qcow2');
      await dropSnapshot(step, chain, snapshot.id);
      await chain.files.removeTexts([markName(snapshot.id), exportName(snapshot.id)]);
    });
  }

  async revertToSnapshot(step: StepContext, volume: VolumeRef, snapshot: SnapshotRef): Promise<void> {
    await this.#alone(volume.id, step, async () => {
      const chain = await this.#existing(volume.id);
      await takeMark(chain.files, volume.id, step, chain.first.format);
      await revertToNewest(step, chain, snapshot.id);
    });
  }

  async volumePath(volumeId: string): Promise<LocalPath> {
    return pathOf((await this.#existing(volumeId)).active);
  }

  async snapshotPath(snapshot: SnapshotRef): Promise<LocalPath> {
    return pathOf(await this.#snapshotImage(snapshot));
  }

  async listObjects(): Promise<{ readonly volumeIds: readonly string[]; readonly snapshotIds: readonly string[] }> {
    const names: string[] = [];
    for (const files of await this.shares.open()) names.push(...(await files.names()));
    const found = names.flatMap((name) => idIn(name) ?? []);
    const idsOf = (kind: string): string[] => found.flatMap((each) => (each.kind === kind ? [each.id] : []));
    return { volumeIds: idsOf('volume'), snapshotIds: idsOf('snapshot') };
  }

  /** A volume's files, wherever they are. Throws Missing. */
  async chainOf(volumeId: string): Promise<VolumeChain> {
    return this.#existing(volumeId);
  }

  async #rename(step: StepContext, volume: VolumeRef, newId: string): Promise<void> {
    await this.#alone(volume.id, step, async () => {
      const [from, to] = [await this.#find(volume.id), await this.#find(newId)];
      if (!from && to) return;
      if (to) throw new StorageError('NotOurs', `${to.first.path} is there still: ${volume.id} cannot take its name`);
      const { files, first, snapshotIds } = from ?? (await this.#existing(volume.id));
      if (snapshotIds.length > 0) throw new StorageError('Busy', `${first.path} has snapshots`);
      await takeMark(files, newId, step, first.format);
      await files.rename(volumeName(volume.id), volumeName(newId));
      await files.removeTexts([infoName(volume.id), markName(volume.id), exportName(volume.id)]);
    });
  }

  /** An image of the wished size, with the source's bytes. */
  async #fill(
    step: StepContext,
    files: ShareFiles,
    to: ImageFile,
    sizeBytes: number,
    from: ImageFile | null,
  ): Promise<void> {
    if (from === null) {
      await files.image(createImage(to, sizeBytes, !this.#options.nfs_sparsed_volumes), step);
      return;
    }
    await files.copy(copyImage(from, to), step, sizeBytes);
    await files.image(growImage(to, sizeBytes), step);
  }

  /** The image to copy from. Throws Missing, and SourceTooLarge when the new volume could not hold it. */
  async #source(source: Exclude<VolumeSource, { kind: 'blank' }>, sizeBytes: number): Promise<ImageFile> {
    const volumeId = source.kind === 'snapshot' ? source.snapshot.volumeId : source.volume.id;
    const chain = await this.#existing(volumeId);
    const image = source.kind === 'snapshot' ? await this.#snapshotImage(source.snapshot) : chain.active;
    const found = (await chain.facts(image)).sizeBytes;
    if (found <= sizeBytes) return image;
    throw new StorageError('SourceTooLarge', `the source has ${found} bytes, the new volume ${sizeBytes}`);
  }

  async #snapshotImage({ id, volumeId }: SnapshotRef): Promise<ImageFile> {
    const chain = await this.#existing(volumeId);
    const overlay = chain.overlayOf(id);
    if (overlay) return chain.backingOf(overlay);
    throw new StorageError('Missing', `volume ${volumeId} on ${chain.files.share} has no snapshot ${id}`);
  }

  async #grow(step: StepContext, chain: VolumeChain, sizeBytes: number): Promise<void> {
    const found = await chain.facts(chain.active);
    if (found.sizeBytes < sizeBytes) await chain.files.image(growImage(chain.active, sizeBytes), step);
  }

  #find(volumeId: string): Promise<VolumeChain | null> {
    return this.shares.find((files) => VolumeChain.on(files, volumeId));
  }

  async #existing(volumeId: string): Promise<VolumeChain> {
    const chain = await this.#find(volumeId);
    if (chain) return chain;
    const shares = (await this.shares.configured()).map(({ share }) => share).join(', ');
    throw new StorageError('Missing', `${volumeName(volumeId)} is on none of the shares ${shares}`);
  }

  /** What a volume that was never finished, or is half deleted, has left. */
  async #removeLitter(volumeId: string): Promise<void> {
    await this.shares.find(async (files) => {
      await this.#removePartials(files, volumeId);
      await files.removeTexts([infoName(volumeId), exportName(volumeId), markName(volumeId)]);
      return null;
    });
  }

  async #removePartials(files: ShareFiles, volumeId: string): Promise<void> {
    await files.removeNotes(`${volumeName(volumeId)}.`);
  }

  /** A volume and its snapshots have one chain of files, whichever of them is worked on. */
  #alone<T>(volumeId: string, { signal }: StepContext, work: () => Promise<T>): Promise<T> {
    return inTurn(`nfs ${volumeName(volumeId)}`, signal ?? never, work);
  }

  get #format(): ImageFormat {
    return this.#options.nfs_qcow2_volumes ? 'qcow2' : 'raw';
  }

  /** As Cinder sets them: the owner and its group, or everybody. */
  get #mode(): string {
    return this.#options.nas_secure_file_permissions === 'false' ? '666' : '660';
  }
}

const pathOf = ({ path, format }: ImageFile): LocalPath => ({ path, kind: format === 'raw' ? 'file' : 'qcow2' });
