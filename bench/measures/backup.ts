// One GiB of random data to a backup and back to a new volume, compared at the end.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VolumeClient } from '../client.ts';
import type { Findings } from '../figures.ts';
import type { BenchOptions } from '../options.ts';
import type { Side } from '../side.ts';
import { createVolume, CreationWatch, deleteVolumes } from '../volumes.ts';

const mib = 1024 * 1024;
const volumeBytes = 1024 * mib;
const pieceBytes = 4 * mib;
const pollMs = 50;

export async function measureBackup(side: Side, { concurrency }: Pick<BenchOptions, 'concurrency'>): Promise<Findings> {
  const { work } = side;
  const volume = await createVolume(work, 'backup');
  const watch = new CreationWatch(work, pollMs, 'one');
  watch.add(volume);
  await watch.untilAllAvailable(Promise.resolve());
  await writeRandom(await side.volumeFile(volume.id));

  const backupStarted = performance.now();
  const saved = await work.ask('POST', '/backups', { backup: { volume_id: volume.id } });
  const { backup } = JSON.parse(saved.text) as { backup: { id: string } };
  await untilAvailable(work, backup.id);
  const backupMs = performance.now() - backupStarted;

  const restoreStarted = performance.now();
  const asked = await work.ask('POST', `/backups/${backup.id}/restore`, { restore: {} });
  const { restore } = JSON.parse(asked.text) as { restore: { volume_id: string } };
  await untilAvailable(work, backup.id);
  const restoreMs = performance.now() - restoreStarted;

  const [before, after] = await Promise.all(
    [volume.id, restore.volume_id].map(async (id) => digestOf(await side.volumeFile(id))),
  );
  if (before !== after) throw new Error(`${side.name}: what was restored is not what was backed up`);
  await remove(work, backup.id);
  await deleteVolumes(work, [volume.id, restore.volume_id], concurrency);
  return { backupRate: rate(backupMs), restoreRate: rate(restoreMs) };
}

/** MB and not MiB, as such figures are usually given. */
const rate = (elapsedMs: number): number => volumeBytes / 1000 / elapsedMs;

/** The bytes go past the server: both back-ends keep a volume as one file. */
async function writeRandom(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    for (let at = 0; at < volumeBytes; at += pieceBytes) await file.write(randomBytes(pieceBytes), 0, pieceBytes, at);
  } finally {
    await file.close();
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: pieceBytes }), hash);
  return hash.digest('hex');
}

async function untilAvailable(client: VolumeClient, backupId: string): Promise<void> {
  for (;;) {
    const { text } = await client.ask('GET', `/backups/${backupId}`);
    const { status } = (JSON.parse(text) as { backup: { status: string } }).backup;
    if (status === 'available') return;
    if (status.startsWith('error')) throw new Error(`backup ${backupId} is in ${status}`);
    await sleep(pollMs);
  }
}

async function remove(client: VolumeClient, backupId: string): Promise<void> {
  await client.ask('DELETE', `/backups/${backupId}`);
  while ((await client.ask('GET', `/backups/${backupId}`, undefined, [200, 404])).status !== 404) await sleep(pollMs);
}
