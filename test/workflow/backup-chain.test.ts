// An incremental backup restores with everything it builds on, and all of that stays while it is read.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { objectPrefixOf } from '../../prisma/store/backups/records.ts';
import { expectNothingLeft, expectOnlyWholeBackups } from '../support/invariants.ts';
import { startLab, type Lab, type LabBackend } from '../support/lab.ts';
import * as requests from '../support/requests.ts';
import { run } from '../support/scenarios.ts';

let lab: Lab;
let backend: LabBackend;
let store: string;

beforeAll(async () => {
  lab = await startLab();
  await lab.addControl();
  backend = await lab.addBackend('alpha', 'first');
  store = await lab.addBackup('alpha');
}, 120_000);

afterAll(async () => lab?.stop());

const mib = 1024 ** 2;

async function write(volumeId: string, offsetMib: number): Promise<void> {
  const { path } = await backend.driver.volumePath(volumeId);
  const file = await open(path, 'r+');
  await file.write(randomBytes(mib), 0, mib, offsetMib * mib);
  await file.close();
}

async function digest(volumeId: string): Promise<string> {
  const { path } = await backend.driver.volumePath(volumeId);
  const hash = createHash('sha256');
  const file = await open(path, 'r');
  for await (const chunk of file.createReadStream({ highWaterMark: 8 * mib })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

it('each point of a chain comes back byte for byte, and the metadata with it', async () => {
  const volume = requests.createVolume();
  expect(await run(lab, volume)).toBe('succeeded');
  await lab.db.volume.update({ where: { id: volume.resourceId }, data: { metadata: { colour: 'blue' } } });
  const points: { id: string; sha256: string }[] = [];
  for (const offsetMib of [3, 500, 900]) {
    await write(volume.resourceId, offsetMib);
    const backup = requests.createBackup(volume.resourceId, { parentId: points.at(-1)?.id ?? null });
    expect(await run(lab, backup)).toBe('succeeded');
    points.push({ id: backup.resourceId, sha256: await digest(volume.resourceId) });
  }
  for (const [index, { id, sha256 }] of points.entries()) {
    const target = requests.createVolume();
    expect(await run(lab, target)).toBe('succeeded');
    const ancestors = points.slice(0, index).map((point) => point.id);
    expect(await run(lab, requests.restoreBackup(id, target.resourceId, ancestors))).toBe('succeeded');
    expect(await digest(target.resourceId)).toBe(sha256);
    const restored = await lab.db.volume.findUniqueOrThrow({ where: { id: target.resourceId } });
    expect(restored.metadata).toEqual({ colour: 'blue', src_backup_id: id });
  }
  await expectNothingLeft(lab, [backend]);
  await expectOnlyWholeBackups(lab, store);
});

it.each(['the original', 'the import'])(
  'a record imported under another id has the same objects, and they stay when %s is deleted first',
  async (first) => {
    const volume = requests.createVolume();
    expect(await run(lab, volume)).toBe('succeeded');
    await write(volume.resourceId, 7);
    const original = requests.createBackup(volume.resourceId);
    expect(await run(lab, original)).toBe('succeeded');
    const { container } = await lab.db.backup.findUniqueOrThrow({ where: { id: original.resourceId } });
    const prefix = await objectPrefixOf(lab.db, original.resourceId);
    const forgotten = { volumeId: volume.resourceId, container: container ?? '', prefix };
    const copy = requests.importBackup({ id: randomUUID(), ...forgotten });
    expect(await run(lab, copy)).toBe('succeeded');
    const ids = [original.resourceId, copy.resourceId];
    const [gone = '', stays = ''] = first === 'the original' ? ids : ids.toReversed();
    expect(await run(lab, requests.deleteBackup(gone))).toBe('succeeded');
    const target = requests.createVolume();
    expect(await run(lab, target)).toBe('succeeded');
    expect(await run(lab, requests.restoreBackup(stays, target.resourceId, []))).toBe('succeeded');
    expect(await digest(target.resourceId)).toBe(await digest(volume.resourceId));
    expect(await run(lab, requests.deleteBackup(stays))).toBe('succeeded');
    const left = await readdir(store, { recursive: true });
    expect(left.filter((name) => name.includes(prefix))).toEqual([]);
  },
);
