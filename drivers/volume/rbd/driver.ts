// The volume driver `rbd`: each volume is an image of one Ceph pool, each snapshot a protected snapshot of it.
import { bytesPerGib, gibToBytes } from '../../../domain/bytes.ts';
import { StorageError } from '../../../domain/storage-errors.ts';
import { openImage } from '../../connector/librbd/open-image.ts';
import { hide, isShown, placeOf, type Place } from '../../connector/shown-file.ts';
import type { StepContext } from '../../step.ts';
import type { ConnectionInfo } from '../../target/target.ts';
import type {
  ConnectionRequest,
  LocalPath,
  ManageCapability,
  PoolStats,
  SnapshotRef,
  VolumeDriver,
  VolumeRef,
  VolumeSource,
} from '../driver.ts';
import { exit, RbdClient } from './client.ts';
import { cloneSnapshot, cloneVolume, protectSnapshot } from './clone.ts';
import * as commands from './commands.ts';
import type { RbdVolumeOptions } from './config.ts';
import { deletedName, halfMadeName, idIn, snapshotName, volumeName } from './names.ts';
import { removeImage, removeSnapshot } from './remove.ts';
import { RbdManageCapability } from './manage.ts';
import { poolStats } from './stats.ts';

const bytesPerMib = 1024 ** 2;

export class RbdVolumeDriver implements VolumeDriver {
  readonly name = 'rbd';
  readonly newVolumesReadZero = true;
  /** Ceph's own client goes to the cluster with its own key: nothing has to be known of it. */
  readonly takesAnyConnector = true;
  readonly manage: ManageCapability;
  readonly #options: RbdVolumeOptions;
  readonly #rbd: RbdClient;
  #fsid: string | null = null;

  constructor(options: RbdVolumeOptions) {
    this.#options = options;
    this.#rbd = new RbdClient(options);
    this.manage = new RbdManageCapability(this.#rbd);
  }

  /** Throws CommandMissing, Unreachable, PermissionDenied, and Misconfigured for a pool that is not there. */
  async checkForSetup(): Promise<void> {
    // Opening an image opens the pool, whether the image is there or not.
    await this.#rbd.find('scoria-looks-for-the-pool');
    this.#fsid = (await this.#rbd.monitors()).fsid;
  }

  async stats(): Promise<readonly PoolStats[]> {
    this.#fsid ??= (await this.#rbd.monitors()).fsid;
    return [await poolStats(this.#rbd, this.#options, this.#fsid)];
  }

  async createVolume(step: StepContext, volume: VolumeRef, source: VolumeSource): Promise<void> {
    const name = volumeName(volume.id);
    if (source.kind === 'blank') return this.#createBlank(step, volume);
    if (source.kind === 'snapshot') {
      const from = { image: volumeName(source.snapshot.volumeId), snapshot: snapshotName(source.snapshot.id) };
      mustFit((await this.#rbd.mustFind(from.image, from.snapshot)).sizeBytes, volume);
      await cloneSnapshot(step, this.#rbd, this.#options, from, name);
    } else {
      const from = await this.#rbd.mustFind(volumeName(source.volume.id));
      mustFit(from.sizeBytes, volume);
      await cloneVolume(step, this.#rbd, this.#options, from, name);
    }
    await this.#grow(step, name, volume.sizeGib);
  }

  async deleteVolume(step: StepContext, volume: VolumeRef): Promise<void> {
    const name = volumeName(volume.id);
    await hide(this.#place(volume.id));
    if (await removeImage(step, this.#rbd, name)) return;
    // What an attempt that died has left of it.
    for (const rest of [halfMadeName(name), deletedName(name)]) await removeImage(step, this.#rbd, rest);
  }

  async extendVolume(step: StepContext, volume: VolumeRef, newSizeGib: number): Promise<void> {
    await this.#grow(step, volumeName(volume.id), newSizeGib);
    // QEMU does not notice that the image has grown.
    if (!(await isShown(this.#place(volume.id)))) return;
    await hide(this.#place(volume.id));
    await this.volumePath(volume.id);
  }

  async createSnapshot(step: StepContext, snapshot: SnapshotRef): Promise<void> {
    const [image, name] = [volumeName(snapshot.volumeId), snapshotName(snapshot.id)];
    const create = commands.createSnapshot(this.#rbd.access, this.#rbd.spec(image, name));
    await this.#rbd.run(step, create, { ok: [exit.done, exit.exists] });
    await protectSnapshot(step, this.#rbd, image, name);
  }

  async deleteSnapshot(step: StepContext, snapshot: SnapshotRef): Promise<void> {
    await hide(this.#place(snapshot.id));
    await removeSnapshot(step, this.#rbd, volumeName(snapshot.volumeId), snapshotName(snapshot.id));
  }

  async revertToSnapshot(step: StepContext, volume: VolumeRef, snapshot: SnapshotRef): Promise<void> {
    const [image, name] = [volumeName(volume.id), snapshotName(snapshot.id)];
    await hide(this.#place(volume.id));
    const rollBack = commands.rollBack(this.#rbd.access, this.#rbd.spec(image, name));
    await this.#rbd.run(step, rollBack, { totalBytes: gibToBytes(volume.sizeGib) });
    // The size goes back as well.
    await this.#grow(step, image, volume.sizeGib);
  }

  async renameVolume(step: StepContext, volume: VolumeRef, newId: string): Promise<void> {
    const [from, to] = [volumeName(volume.id), volumeName(newId)];
    await hide(this.#place(volume.id));
    const there = { from: await this.#rbd.find(from), to: await this.#rbd.find(to) };
    if (there.to && there.from) {
      throw new StorageError('NotOurs', `${this.#rbd.spec(to)} is there still: ${from} cannot take its name`);
    }
    if (there.to) return;
    await this.#rbd.mustFind(from);
    await this.#rbd.run(step, commands.rename(this.#rbd.access, this.#rbd.spec(from), this.#rbd.spec(to)));
  }

  async volumePath(volumeId: string): Promise<LocalPath> {
    return this.#open(volumeId, volumeName(volumeId), null);
  }

  async snapshotPath(snapshot: SnapshotRef): Promise<LocalPath> {
    return this.#open(snapshot.id, volumeName(snapshot.volumeId), snapshotName(snapshot.id));
  }

  closePath(id: string): Promise<void> {
    return hide(this.#place(id));
  }

  /** Cinder's `connection_info` of an RBD volume; the key itself is on the client's host. */
  async connection({ volumeId, snapshot, readonly }: ConnectionRequest): Promise<ConnectionInfo> {
    const image = volumeName(volumeId);
    const at = snapshot === null ? undefined : snapshotName(snapshot.id);
    await this.#rbd.mustFind(image, at);
    const { fsid, addresses } = await this.#rbd.monitors();
    const { rbd_user: user = null, rbd_cluster_name, rbd_secret_uuid = fsid } = this.#options;
    return {
      driver_volume_type: 'rbd',
      data: {
        name: this.#rbd.spec(image, at),
        hosts: addresses.map(({ host }) => host),
        ports: addresses.map(({ port }) => port),
        cluster_name: rbd_cluster_name,
        auth_enabled: user !== null,
        auth_username: user,
        secret_type: 'ceph',
        secret_uuid: rbd_secret_uuid,
        volume_id: volumeId,
        discard: true,
        access_mode: readonly ? 'ro' : 'rw',
      },
    };
  }

  async listObjects(): Promise<{ readonly volumeIds: readonly string[]; readonly snapshotIds: readonly string[] }> {
    const all = await this.#rbd.list();
    return {
      volumeIds: all.flatMap(({ image, snapshot }) => (snapshot === null ? (idIn(image, 'volume') ?? []) : [])),
      snapshotIds: all.flatMap(({ snapshot }) => (snapshot === null ? [] : (idIn(snapshot, 'snapshot') ?? []))),
    };
  }

  async volumeBytes(volumeIds: readonly string[]): Promise<Readonly<Record<string, number>>> {
    const wanted = new Set(volumeIds);
    const sizes = (await this.#rbd.list()).flatMap(({ image, snapshot, sizeBytes }) => {
      const id = snapshot === null ? idIn(image, 'volume') : null;
      return id !== null && wanted.has(id) ? [[id, sizeBytes] as const] : [];
    });
    return Object.fromEntries(sizes);
  }

  /** One command where all is well; an image of that name is ours, from an earlier try, and may be without its header. */
  async #createBlank(step: StepContext, { id, sizeGib }: VolumeRef): Promise<void> {
    const name = volumeName(id);
    const { access } = this.#rbd;
    const sizeMib = gibToBytes(sizeGib) / bytesPerMib;
    const create = commands.createImage(access, this.#rbd.spec(name), sizeMib, this.#options.rbd_store_chunk_size);
    const { exitCode } = await this.#rbd.run(step, create, { ok: [exit.done, exit.exists] });
    if (exitCode === exit.done) return;
    if ((await this.#rbd.find(name)) !== null) return this.#grow(step, name, sizeGib);
    await this.#rbd.run(step, commands.remove(access, this.#rbd.spec(name)), { ok: [exit.done, exit.missing] });
    await this.#rbd.run(step, create);
  }

  async #grow(step: StepContext, name: string, sizeGib: number): Promise<void> {
    const { sizeBytes } = await this.#rbd.mustFind(name);
    if (sizeBytes >= gibToBytes(sizeGib)) return;
    const grow = commands.grow(this.#rbd.access, this.#rbd.spec(name), gibToBytes(sizeGib) / bytesPerMib);
    // `invalid`: it has that size, because another of our tries was quicker.
    await this.#rbd.run(step, grow, { ok: [exit.done, exit.invalid] });
  }

  async #open(id: string, image: string, snapshot: string | null): Promise<LocalPath> {
    await this.#rbd.mustFind(image, snapshot ?? undefined);
    const { rbd_pool: pool, rbd_user: user = null, rbd_ceph_conf, rbd_cluster_name: cluster } = this.#options;
    const conf = rbd_ceph_conf ?? (cluster === 'ceph' ? null : `/etc/ceph/${cluster}.conf`);
    const { signal } = new AbortController();
    const shown = { pool, image, snapshot, conf, user, monitors: [], readonly: snapshot !== null };
    return { ...(await openImage({ signal }, this.#place(id), shown)), kind: 'file' };
  }

  #place(id: string): Place {
    return placeOf(this.#options.rbd_connections_dir, id);
  }
}

/** Throws SourceTooLarge when the new volume could not hold the source. */
function mustFit(sourceBytes: number, { sizeGib }: VolumeRef): void {
  if (sourceBytes <= gibToBytes(sizeGib)) return;
  const words = `the source has ${sourceBytes} bytes, the new volume ${gibToBytes(sizeGib) / bytesPerGib} GiB`;
  throw new StorageError('SourceTooLarge', words);
}
