// An incremental backup restores with everything it builds on, and all of that stays while it is read.
import { createHash, randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
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
