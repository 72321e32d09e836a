// Decides between thick and thin volumes as Cinder does, and makes the thin pool where one is wanted.
import { StorageError } from '../../../domain/storage-errors.ts';
import type { LvmClient } from './client.ts';
import { createPool } from './commands.ts';
import type { LvmVolumeOptions } from './config.ts';
import { poolName } from './names.ts';
import type { LogicalVolume } from './parse.ts';

/** The pool that new volumes come from, or null for thick ones. Throws Misconfigured, InsufficientSpace. */
export async function chooseProvisioning(lvm: LvmClient, options: LvmVolumeOptions): Promise<LogicalVolume | null> {
  const volumes = await lvm.all();
  const name = poolName(lvm.group);
  const find = (all: readonly LogicalVolume[]): LogicalVolume | null => all.find((lv) => lv.name === name) ?? null;
  const existing = find(volumes);
  const isThin =
    options.lvm_type === 'thin' || (options.lvm_type === 'auto' && (existing !== null || volumes.length === 0));
  if (!isThin) return null;
  if (existing === null) await lvm.run(createPool(lvm.group, name));
  const pool = existing ?? find(await lvm.all());
  if (!pool?.isPool) throw new StorageError('Misconfigured', `${lvm.group}/${name} is not a thin pool`);
  // Volumes of a pool are not overwritten when they are deleted: their blocks are zeroed when they are given out again.
  if (!pool.zeroesNewBlocks && options.volume_clear === 'zero') {
    const section = options.volume_backend_name;
    throw new StorageError(
      'Misconfigured',
      `${section}.volume_clear = zero needs a thin pool that zeroes new blocks: lvchange --zero y ${lvm.group}/${name}`,
    );
  }
  return pool;
}
