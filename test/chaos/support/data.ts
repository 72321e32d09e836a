// Data that follows from a volume's id, so that every copy, backup and restore of it can be told from any other.
import { createHash } from 'node:crypto';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parsePoolAddress } from '../../../domain/backend-host.ts';
import { ChunkedBackupEngine } from '../../../drivers/backup/engine.ts';
import { PosixBackupStore } from '../../../drivers/backup/posix/store.ts';
import type { Backup, Volume } from '../../../prisma/generated/client.ts';
import { newStep } from '../../driver/support/step.ts';
import { backupDirOf, volumesDirOf } from './plant-config.ts';
import type { Plant } from './plant.ts';

/** Offsets of the pieces that hold data, in one GiB that is empty otherwise. */
const offsets = [0, 300 * 1024 ** 2, 900 * 1024 ** 2];
const pieceBytes = 192 * 1024;
const blank = 'blank';
const liveStatuses = ['available', 'in-use'];

/** SHAKE is a stream of any length from a text. */
const piece = (seed: string, offset: number): Buffer =>
  seed === blank
    ? Buffer.alloc(pieceBytes)
    : createHash('shake256', { outputLength: pieceBytes }).update(`${seed}/${offset}`).digest();

export class Data {
  readonly #plant: Plant;
  readonly #filled = new Set<string>();
  readonly #engine: ChunkedBackupEngine;

  constructor(plant: Plant) {
    this.#plant = plant;
    const settings = { fileSizeBytes: 256 * 1024 ** 2, shaBlockBytes: 32_768, compression: 'zlib' } as const;
    this.#engine = new ChunkedBackupEngine(new PosixBackupStore(backupDirOf(plant.facts)), settings);
  }

  /** Ends the engine's threads. */
  close(): Promise<void> {
    return this.#engine.close();
  }

  forget(): void {
    this.#filled.clear();
  }

  async fill(volumeId: string): Promise<void> {
    await this.#write(volumeId, volumeId);
    this.#filled.add(volumeId);
  }

  async scribble(volumeId: string): Promise<void> {
    await this.#write(volumeId, `scribbled on ${volumeId}`);
  }

  /** Every live volume, snapshot and backup holds what it must: its own data, or that of what it was made from. */
  async mustBeWhole(): Promise<void> {
    const { db, facts } = this.#plant;
    const volumes = await db.volume.findMany({ where: { deletedAt: null, status: { in: liveStatuses } } });
    for (const volume of volumes)
      await mustHold(pathOf(this.#plant, volume), await this.#seedOf(volume.id), volume.sizeGib);
    const snapshots = await db.snapshot.findMany({ where: { deletedAt: null, status: 'available' } });
    for (const { id, volumeId, sizeGib } of snapshots) {
      const { host } = await db.volume.findUniqueOrThrow({ where: { id: volumeId } });
      const directory = volumesDirOf(facts, parsePoolAddress(host ?? '').backend);
      await mustHold(join(directory, `snapshot-${id}`), await this.#seedOf(volumeId), sizeGib);
    }
    const backups = await db.backup.findMany({ where: { deletedAt: null, status: 'available' } });
    for (const backup of backups) if (backup.parentId === null) await this.#mustRestore(backup);
  }

  async #mustRestore(backup: Backup): Promise<void> {
    const path = join(this.#plant.facts.directory, 'restored');
    const createdAt = Math.floor(backup.createdAt.getTime() / 1000);
    // A full backup that an incremental one builds on was taken before the volume was filled.
    const hasChild = (await this.#plant.db.backup.count({ where: { parentId: backup.id } })) > 0;
    await (await open(path, 'w')).close();
    try {
      const request = { backup: { ...backup, createdAt }, sizeGib: backup.sizeGib, targetIsBlank: true };
      await this.#engine.restore(newStep(), request, path);
      await mustHold(path, hasChild ? blank : await this.#seedOf(backup.volumeId), backup.sizeGib, false);
    } finally {
      await rm(path, { force: true });
    }
  }

  /** The volume that its data came from first. */
  async #seedOf(volumeId: string): Promise<string> {
    if (this.#filled.has(volumeId)) return volumeId;
    const { db } = this.#plant;
    const volume = await db.volume.findUniqueOrThrow({ where: { id: volumeId } });
    if (volume.sourceVolumeId !== null) return this.#seedOf(volume.sourceVolumeId);
    if (volume.snapshotId !== null) {
      const { volumeId: of } = await db.snapshot.findUniqueOrThrow({ where: { id: volume.snapshotId } });
      return this.#seedOf(of);
    }
    const from = (volume.metadata as Record<string, string>)['src_backup_id'];
    if (from === undefined) return blank;
    return this.#seedOf((await db.backup.findUniqueOrThrow({ where: { id: from } })).volumeId);
  }

  async #write(volumeId: string, seed: string): Promise<void> {
    const volume = await this.#plant.db.volume.findUniqueOrThrow({ where: { id: volumeId } });
    const file = await open(pathOf(this.#plant, volume), 'r+');
    try {
      for (const offset of offsets) await file.write(piece(seed, offset), 0, pieceBytes, offset);
    } finally {
      await file.close();
    }
  }
}

const pathOf = ({ facts }: Plant, { id, host }: Pick<Volume, 'id' | 'host'>): string =>
  join(volumesDirOf(facts, parsePoolAddress(host ?? '').backend), `volume-${id}`);

async function mustHold(path: string, seed: string, sizeGib: number, exactly = true): Promise<void> {
  const { size } = await stat(path);
  if (exactly) expect(size, `size of ${path}`).toBe(sizeGib * 1024 ** 3);
  const file = await open(path, 'r');
  try {
    for (const offset of offsets) {
      const { buffer } = await file.read(Buffer.alloc(pieceBytes), 0, pieceBytes, offset);
      if (!buffer.equals(piece(seed, offset)))
        throw new Error(`${path} does not hold the data of ${seed} at ${offset}`);
    }
  } finally {
    await file.close();
  }
}
