// Images through the REST API and a real Glance: made into volumes, made of volumes, refused, and cut off half-way.
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Image } from '../../domain/images.ts';
import { ImagePlace } from '../../drivers/image/place.ts';
import { uploadImage } from '../../drivers/image/upload.ts';
import { startDaemon, type Daemon } from '../../privileged/daemon.ts';
import { run as runCommand } from '../../privileged/run.ts';
import { newStep } from '../driver/support/step.ts';
import { eventually } from '../support/eventually.ts';
import { readBytes, readPart, writePart } from '../support/file-parts.ts';
import { imagesBelow } from '../support/host-images.ts';
import { createFromImage, uploadVolume } from '../support/image-requests.ts';
import { expectNoImagesOnHosts, expectOnlyWholeImages, volumeFile } from '../support/image-scenarios.ts';
import { expectNothingLeft } from '../support/invariants.ts';
import { serveLab, type LabApi } from '../support/lab-api.ts';
import { accessTo, type LabImages } from '../support/lab-images.ts';
import { startLab, type Lab, type LabBackend } from '../support/lab.ts';
import { startRelay, type Relay } from '../support/relay.ts';
import * as requests from '../support/requests.ts';
import { ended, made, run } from '../support/scenarios.ts';
import type { VolumeWorkerSettings } from '../support/volume-worker.ts';

const mib = 1024 ** 2;
const gib = 1024 ** 3;
const workerScript = fileURLToPath(new URL('../support/volume-worker.ts', import.meta.url));

let lab: Lab;
let api: LabApi;
let relay: Relay;
let backend: LabBackend;
let glance: LabImages;
const processes: Daemon[] = [];

beforeAll(async () => {
  lab = await startLab({ images: true, policy: { heartbeatTimeoutMs: 3_000, maximumAttempts: 10 } });
  if (!lab.images) throw new Error('the lab has no Glance');
  glance = lab.images;
  await lab.addControl();
  await lab.db.volumeType.create({ data: { id: randomUUID(), name: 'lf' } });
  backend = await lab.addBackend('alpha', 'first');
  api = await serveLab(lab);
  relay = await startRelay(glance.access.endpoints[0] ?? '');
}, 180_000);

afterEach(async () => {
  for (const worker of processes.splice(0)) worker.kill();
  await eventually(async () => {
    await expectNothingLeft(lab, [backend]);
    await expectNoImagesOnHosts(lab);
    await expectOnlyWholeImages(lab);
  });
});

afterAll(async () => {
  await relay?.stop();
  await api?.stop();
  await lab?.stop();
});

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly bootable: string;
  readonly volume_image_metadata?: Readonly<Record<string, string>>;
}

/** Asks for a volume and waits until it is made, or has failed. */
async function created(body: object): Promise<Shown> {
  const answer = await api.call<{ volume: Shown }>('POST', '/volumes', { volume: { size: 1, ...body } });
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 202 });
  return settled(answer.body.volume.id);
}

async function settled(id: string): Promise<Shown> {
  return eventually(async () => {
    const { body } = await api.call<{ volume: Shown }>('GET', `/volumes/${id}`);
    expect(body.volume.status).toMatch(/^(available|error|in-use)$/);
    return body.volume;
  });
}

async function act(id: string, action: object, version = '3.71'): Promise<{ status: number; body: unknown }> {
  return api.call('POST', `/volumes/${id}/action`, action, version);
}

/** What is not a hole, in bytes. */
const allocated = async (path: string): Promise<number> => (await stat(path)).blocks * 512;

it('a volume is made from a raw image, boots, and remembers the image', async () => {
  const data = Buffer.concat([randomBytes(mib), Buffer.alloc(2 * mib), Buffer.from('the end')]);
  const image = await glance.add(data, { name: 'raw one', properties: { os_distro: 'debian', hw_disk_bus: 'scsi' } });
  const volume = await created({ imageRef: image.id });
  expect(volume).toMatchObject({ status: 'available', bootable: 'true' });
  expect(volume.volume_image_metadata).toEqual({
    ...{ image_id: image.id, image_name: 'raw one', disk_format: 'raw', container_format: 'bare' },
    ...{ size: String(data.length), min_disk: '0', min_ram: '0', checksum: image.checksum },
    ...{ os_distro: 'debian', hw_disk_bus: 'scsi' },
  });
  const path = await volumeFile(lab, volume.id);
  expect((await stat(path)).size).toBe(gib);
  expect((await readBytes(path, 0, data.length)).equals(data)).toBe(true);
  expect(await allocated(path)).toBeLessThan(2 * mib);
  // Another image in its place.
  const other = await glance.add(Buffer.alloc(mib, 'other'), { name: 'another' });
  expect(await act(volume.id, { 'os-reimage': { image_id: other.id } })).toMatchObject({ status: 202 });
  const reimaged = await settled(volume.id);
  expect([reimaged.status, reimaged.volume_image_metadata?.['image_name']]).toEqual(['available', 'another']);
  expect(await readPart(path, 0, 10)).toBe('otherother');
  // By its name, and a copy of the first.
  const [byName, clone] = [await created({ imageRef: 'raw one' }), await created({ source_volid: volume.id })];
  const known = [byName, clone].map((made) => [made.bootable, made.volume_image_metadata?.['image_id']]);
  expect(known).toEqual([
    ['true', image.id],
    ['true', other.id],
  ]);
});

it('a volume is made from a qcow2 image', async () => {
  const [raw, qcow2] = [join(lab.directory, 'raw'), join(lab.directory, 'qcow2')];
  await writeFile(raw, '');
  await truncate(raw, 64 * mib);
  await writePart(raw, 32 * mib, 'in the middle');
  const argv = ['qemu-img', 'convert', '-c', '-f', 'raw', '-O', 'qcow2', raw, qcow2] as const;
  await runCommand(argv, { silenceTimeoutMs: 60_000 });
  const image = await glance.add(await readFile(qcow2), { diskFormat: 'qcow2' });
  const volume = await created({ imageRef: image.id });
  expect(volume.status).toBe('available');
  const path = await volumeFile(lab, volume.id);
  expect(await readPart(path, 32 * mib, 13)).toBe('in the middle');
  expect(await allocated(path)).toBeLessThan(mib);
});

it('what cannot become a volume is refused before anything is made, in words of Cinder', async () => {
  const small = await glance.add(Buffer.from('x'), { name: 'twice' });
  await glance.add(Buffer.from('x'), { name: 'twice', minDiskGib: 3 });
  const needsDisk = await glance.add(Buffer.from('x'), { minDiskGib: 3 });
  const queued = await glance.queued();
  const missing = 'Invalid image identifier or unable to access requested image.';
  const cases: readonly (readonly [object, number, string])[] = [
    [{ imageRef: randomUUID() }, 400, missing],
    [{ imageRef: 'no such image' }, 400, missing],
    [{ imageRef: 'twice' }, 409, "Multiple matches found for 'twice', use an ID to be more specific."],
    [{ imageRef: queued }, 400, `Invalid input received: Image ${queued} is not active.`],
    [
      { imageRef: needsDisk.id },
      400,
      'Invalid input received: Volume size 1GB cannot be smaller than the image minDisk size 3GB.',
    ],
  ];
  const before = await lab.db.volume.count();
  for (const [body, status, message] of cases) {
    const answer = await api.call('POST', '/volumes', { volume: { size: 1, ...body } });
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([status, expect.stringContaining(message)]);
  }
  expect(await lab.db.volume.count()).toBe(before);
  const volumeId = await made(lab, requests.createVolume());
  expect(await act(volumeId, { 'os-reimage': { image_id: queued } })).toMatchObject({ status: 400 });
  expect(await act(volumeId, { 'os-reimage': { image_id: randomUUID() } })).toMatchObject({ status: 404 });
  expect((await settled(volumeId)).status).toBe('available');
  await glance.glance.remove(glance.access, queued);
  await glance.glance.remove(glance.access, small.id);
});

it('an image whose bytes are not those that Glance knew makes no volume', async () => {
  const image = await glance.add(Buffer.alloc(mib, 'good'));
  const store = join(lab.directory, 'glance', 'images');
  const file = (await readdir(store)).find((name) => name === image.id) ?? '';
  await writePart(join(store, file), 0, 'evil');
  const volume = await created({ imageRef: image.id });
  expect(volume).toMatchObject({ status: 'error', bootable: 'false' });
  const operation = await lab.db.operation.findFirstOrThrow({ where: { resourceId: volume.id } });
  expect(operation).toMatchObject({ state: 'failed', reason: expect.stringMatching(/Corrupt image download/) });
});

it('a volume is uploaded, and its image has its bytes and what the volume knew of the image it came from', async () => {
  const image = await glance.add(Buffer.alloc(mib, 'source'), { properties: { os_distro: 'debian' } });
  const { id } = await created({ imageRef: image.id });
  const wish = { image_name: 'copy', force: true, disk_format: 'qcow2', protected: true, visibility: 'shared' };
  const answer = await act(id, { 'os-volume_upload_image': wish });
  expect(answer.status).toBe(202);
  const shown = (answer.body as { 'os-volume_upload_image': Readonly<Record<string, unknown>> })[
    'os-volume_upload_image'
  ];
  expect(shown).toMatchObject({
    ...{ id, status: 'uploading', size: 1, display_description: null, image_name: 'copy' },
    ...{ disk_format: 'qcow2', container_format: 'bare', protected: true, visibility: 'shared' },
  });
  expect(await settled(id)).toMatchObject({ status: 'available' });
  const copy = (await glance.glance.show(glance.access, String(shown['image_id']))) as Image;
  expect(copy).toMatchObject({ status: 'active', virtualSizeBytes: gib, properties: { os_distro: 'debian' } });
  expect(copy.properties).not.toHaveProperty('image_id');
  const again = await created({ imageRef: copy.id });
  expect(await readPart(await volumeFile(lab, again.id), 0, 6)).toBe('source');
  // Only what is free is uploaded: `enable_force_upload` is off, as Cinder's default.
  await lab.db.volume.update({ where: { id }, data: { status: 'in-use' } });
  const refused = await act(id, { 'os-volume_upload_image': { image_name: 'copy', force: true } }, '3.0');
  expect([refused.status, JSON.stringify(refused.body)]).toEqual([400, expect.stringContaining('must be available')]);
  await lab.db.volume.update({ where: { id }, data: { status: 'available' } });
});

it.each(['file', 'qcow2'] as const)(
  'raw bytes of a %s are uploaded, and found whole by whoever looks again',
  async (kind) => {
    const sourcePath = join(lab.directory, 'bytes');
    const bytes = Buffer.concat([randomBytes(mib), Buffer.alloc(mib)]);
    await writeFile(sourcePath, bytes);
    const qcow2 = `${sourcePath}.qcow2`;
    const argv = ['qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', sourcePath, qcow2] as const;
    await runCommand(argv, { silenceTimeoutMs: 60_000 });
    const source = { path: kind === 'file' ? sourcePath : qcow2, kind };
    const imageId = await glance.queued();
    const { options } = imagesBelow(lab.directory);
    const place = new ImagePlace(options.directory);
    const request = { access: glance.access, image: { id: imageId, diskFormat: 'raw' }, volumeId: randomUUID() };
    for (const attempt of [1, 2]) {
      const reported: number[] = [];
      const step = newStep({ reportProgress: (done) => void reported.push(done) });
      const upload = uploadImage(step, glance.glance, place, options, {
        ...request,
        source,
        sizeBytes: bytes.length,
      });
      await expect(upload, `attempt ${attempt}`).resolves.toBeUndefined();
      expect(reported.at(-1)).toBe(bytes.length);
    }
    expect((await glance.bytesOf(imageId)).equals(bytes)).toBe(true);
  },
);

it("what Glance refuses is answered in Glance's words, and the volume stays free", async () => {
  const id = await made(lab, requests.createVolume());
  const wish = { image_name: 'x', container_format: 'nonsense' };
  const answer = await act(id, { 'os-volume_upload_image': wish });
  expect([answer.status, JSON.stringify(answer.body)]).toEqual([400, expect.stringMatching(/HTTP 400.*nonsense/)]);
  expect((await settled(id)).status).toBe('available');
});

/** A worker of the back-end in a process of its own, which reaches Glance through the relay. */
async function relayedWorker(name: string): Promise<Daemon> {
  const base = join(lab.directory, 'alpha');
  await mkdir(join(base, name), { recursive: true });
  const settings: VolumeWorkerSettings = {
    temporalAddress: lab.embedded.temporalAddress,
    namespace: lab.embedded.temporalNamespace,
    databaseUrl: lab.embedded.databaseUrl,
    ...{ host: 'alpha', backend: name, volumesDir: join(base, name), stateDir: base },
    images: accessTo(relay),
    stop: { step: 'none', where: 'in the lock' },
  };
  const file = join(base, `${name}-worker`);
  await writeFile(`${file}.json`, JSON.stringify(settings), { mode: 0o600 });
  const daemon = await startDaemon({
    ...{ command: process.execPath, args: ['--import', 'tsx', workerScript, `${file}.json`], env: {} },
    ...{ logFile: `${file}.log`, stopSignal: 'SIGTERM' },
  });
  processes.push(daemon);
  await eventually(async () => expect(await readFile(`${file}.log`, 'utf8')).toMatch(/^up$/m));
  return daemon;
}

it('a worker killed while it fetches, and one killed while it uploads, are taken up where they were', async () => {
  await backend.worker.stop();
  const data = randomBytes(16 * mib);
  const image = await glance.add(data);
  const killed = await relayedWorker('first');
  relay.holdAfter({ direction: 'down', bytes: 4 * mib });
  const create = createFromImage(image);
  await lab.starter.submit(create);
  await eventually(() => expect(relay.isHolding()).toBe(true));
  process.kill(killed.pid, 'SIGKILL');
  relay.holdAfter(null);
  const second = await relayedWorker('first');
  expect(await ended(lab, create.operationId)).toBe('succeeded');
  const path = await volumeFile(lab, create.resourceId);
  expect((await readBytes(path, 0, data.length)).equals(data)).toBe(true);
  expect(relay.asked.filter((line) => line.includes(`${image.id}/file`) && /bytes=[1-9]/.test(line))).toHaveLength(1);

  relay.holdAfter({ direction: 'up', bytes: 4 * mib });
  const target = await glance.queued({ diskFormat: 'qcow2' });
  const upload = uploadVolume(create.resourceId, target, 'qcow2');
  await lab.starter.submit(upload);
  await eventually(() => expect(relay.isHolding()).toBe(true));
  process.kill(second.pid, 'SIGKILL');
  expect((await glance.glance.show(glance.access, target))?.status).not.toBe('active');
  relay.holdAfter(null);
  backend = await lab.addBackend('alpha', 'first');
  expect(await ended(lab, upload.operationId)).toBe('succeeded');
  expect(await glance.glance.show(glance.access, target)).toMatchObject({ status: 'active', virtualSizeBytes: gib });
});

it('an image that an upload has left active with other bytes is removed', async () => {
  const volumeId = await made(lab, requests.createVolume());
  const half = await glance.add(Buffer.alloc(mib, 'half'));
  expect(await run(lab, uploadVolume(volumeId, half.id))).toBe('failed');
  expect(await glance.glance.show(glance.access, half.id)).toBeNull();
});
