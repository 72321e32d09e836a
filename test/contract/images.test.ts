// Images with a real Keystone and a real Glance: whose images are seen, whose new ones are, and what hosts ask with.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keystone } from '../../api/keystone/authenticate.ts';
import { createIdentityService, type IdentityService } from '../../api/keystone/identity.ts';
import type { Image, ImageAccess } from '../../domain/images.ts';
import { claimOperation } from '../../prisma/store/operations/claim.ts';
import { mustRunTool } from '../../privileged/tool.ts';
import { ensureClients } from '../../workers/embedded/clients.ts';
import { startGlance, type EmbeddedGlance } from '../../workers/embedded/glance.ts';
import { glanceIdentity } from '../../workers/embedded/keystone-people.ts';
import { createImageService } from '../../workers/roles/images.ts';
import { labGlance } from '../support/host-images.ts';
import { createLabImages, type LabImages } from '../support/lab-images.ts';
import { labConfig } from './support/api-lab.ts';
import { ask, passwords, startKeystoneLab, type KeystoneLab } from './support/keystone-lab.ts';

let lab: KeystoneLab;
let directory: string;
let glance: EmbeddedGlance;
let identity: IdentityService;
let images: LabImages;
let url: string;
let demo: { 'X-Auth-Token': string };
let stranger: typeof demo;
/** Of demo's project, and nobody else's. */
let own: Image;

const login = (user: string, password: string, project: string) =>
  lab.logIn({ user, password, scope: { project } }).then((token) => ({ 'X-Auth-Token': token }));

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'scoria-glance-'));
  lab = await startKeystoneLab();
  glance = await startGlance({ directory, identity: glanceIdentity(lab.keystoneUrl, passwords.service) });
  await lab.keystone.ensureEndpoint('image', 'glance', glance.url);
  identity = createIdentityService(lab.options);
  const { policies, log } = lab.volumes.deps;
  url = await lab.volumes.serveAll({
    operations: lab.volumes.starter,
    authenticate: keystone({ identity, options: lab.options, policies, log }),
    images: createImageService({
      // Only the catalogue says where Glance is.
      config: { servers: null, catalog: { serviceType: 'image', interface: 'public' }, glance: labGlance },
      identity,
      regionName: null,
    }),
  });
  await lab.keystone.ensureEndpoint('block-storage', 'cinder', `${url}/v3`);
  await lab.keystone.ensureEndpoint('volumev3', 'cinderv3', `${url}/v3/%(project_id)s`);
  demo = await login('demo', passwords.demo, 'demo');
  stranger = await login('stranger', passwords.demo, 'other');
  images = createLabImages(glance.url, demo['X-Auth-Token']);
  own = await images.add(Buffer.alloc(65_536, 'image'), { name: 'own', visibility: 'private' });
}, 300_000);

afterAll(async () => {
  await images?.close();
  await identity?.close();
  await glance?.stop();
  await lab?.stop();
  await rm(directory, { recursive: true, force: true });
});

test("a project's own image makes its volumes and nobody else's", async () => {
  const body = { volume: { size: 1, imageRef: own.id } };
  const refused = await ask(url, 'POST', '/volumes', stranger, body);
  expect(refused.body.badRequest.message).toBe('Invalid image identifier or unable to access requested image.');
  const { body: answer } = await ask(url, 'POST', '/volumes', demo, body);
  const operation = await lab.volumes.db.operation.findFirstOrThrow({ where: { resourceId: answer.volume.id } });
  const kept = await lab.volumes.db.operationToken.findUniqueOrThrow({ where: { operationId: operation.id } });
  expect(kept.token).not.toContain(demo['X-Auth-Token']);
  expect(JSON.stringify(operation.input)).not.toContain(demo['X-Auth-Token']);
  await lab.volumes.starter.settle();
  expect(await lab.volumes.db.operationToken.count()).toBe(0);
  const shown = await ask(url, 'GET', `/volumes/${answer.volume.id}`, demo);
  expect(shown.body.volume).toMatchObject({ bootable: 'true', volume_image_metadata: { image_id: own.id } });
});

test('a host asks Glance with the token of who asked and our own beside it, under its claim only', async () => {
  const { body } = await ask(url, 'POST', '/volumes', demo, { volume: { size: 1, imageRef: own.id } });
  const { db } = lab.volumes;
  const { id: operationId } = await db.operation.findFirstOrThrow({ where: { resourceId: body.volume.id } });
  const claim = await claimOperation(db, { operationId, runId: 'r', actor: 'test', cause: 'claimed' });
  if (claim.verdict !== 'granted') throw new Error(claim.verdict);
  const askAs = (epoch: string, secret = labConfig.internalSecret ?? '') =>
    fetch(`${url}/internal/operations/${operationId}/image-access?epoch=${epoch}`, {
      headers: { 'x-scoria-internal-secret': secret },
    });
  const answer = await askAs(claim.epoch);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const { access } = (await answer.json()) as { access: ImageAccess };
  expect(access).toMatchObject({ endpoints: [glance.url], userToken: demo['X-Auth-Token'] });
  expect((await images.glance.show(access, own.id))?.name).toBe('own');
  expect((await askAs(String(Number(claim.epoch) - 1))).status).toBe(409);
  expect((await askAs(claim.epoch, 'guessed-secret-guessed')).status).toBe(401);
  await lab.volumes.starter.settle();

  // The user has logged out since: our own user is asked instead, and what it may not see is not called missing.
  const gone = { ...access, userToken: 'a-token-that-was-revoked' };
  expect((await images.glance.show(gone, own.id))?.name).toBe('own');
  const powerless = await login('stranger', passwords.demo, 'other');
  const weak = { ...gone, serviceToken: powerless['X-Auth-Token'] };
  await expect(images.glance.show(weak, own.id)).rejects.toMatchObject({ status: 401 });
});

test('an uploaded image belongs to who uploads; a public one is for administrators', async () => {
  const volume = await ask(url, 'POST', '/volumes', demo, { volume: { size: 1 } });
  await lab.volumes.starter.settle();
  const path = `/volumes/${volume.body.volume.id}/action`;
  const upload = (wish: object, as = demo) =>
    ask(url, 'POST', path, as, { 'os-volume_upload_image': { image_name: 'mine', ...wish } });
  expect((await upload({ visibility: 'public' })).status).toBe(403);
  expect((await upload({}, stranger)).status).toBe(404);
  const { status, body } = await upload({ container_format: 'bare' });
  expect([status, body['os-volume_upload_image'].visibility]).toEqual([202, 'private']);
  const image = await images.glance.show(images.access, body['os-volume_upload_image'].image_id);
  expect(image).toMatchObject({ owner: lab.projects.demo, status: 'queued', name: 'mine' });
  const twice = await upload({});
  expect([twice.status, twice.body.badRequest.message]).toEqual([
    400,
    expect.stringMatching(/status must be available/),
  ]);
  await lab.volumes.starter.settle();
});

test('an image that Nova made of a server stands for the snapshot that it names (3.61)', async () => {
  const volume = await ask(url, 'POST', '/volumes', demo, { volume: { size: 1 } });
  await lab.volumes.starter.settle();
  const asked = { snapshot: { volume_id: volume.body.volume.id } };
  const { body } = await ask(url, 'POST', '/snapshots', demo, asked);
  await lab.volumes.starter.settle();
  const novaImage = (snapshotId: string) => {
    const boot = { source_type: 'snapshot', boot_index: 0, snapshot_id: snapshotId, volume_size: 1 };
    return images.add(Buffer.from('x'), {
      visibility: 'private',
      properties: { block_device_mapping: JSON.stringify([boot]) },
    });
  };
  const image = await novaImage(body.snapshot.id as string);
  const create = (imageRef: string, version: string) =>
    ask(url, 'POST', '/volumes', { ...demo, 'OpenStack-API-Version': `volume ${version}` }, { volume: { imageRef } });
  const made = await create(image.id, '3.61');
  expect([made.status, made.body.volume.snapshot_id, made.body.volume.size]).toEqual([202, body.snapshot.id, 1]);
  // Before, it is an image like others, of which nobody has said the size of the volume.
  expect((await create(image.id, '3.60')).status).toBe(400);
  const dangling = await create((await novaImage(randomUUID())).id, '3.61');
  expect([dangling.status, dangling.body.itemNotFound.message]).toEqual([404, expect.stringMatching(/not found\.$/)]);
  await lab.volumes.starter.settle();
});

test('a request repeated under its Idempotency-Key makes one image', async () => {
  const volume = await ask(url, 'POST', '/volumes', demo, { volume: { size: 1 } });
  await lab.volumes.starter.settle();
  const headers = { ...demo, 'Idempotency-Key': randomUUID() };
  const path = `/volumes/${volume.body.volume.id}/action`;
  const asked = { 'os-volume_upload_image': { image_name: 'once' } };
  const answers = [await ask(url, 'POST', path, headers, asked), await ask(url, 'POST', path, headers, asked)];
  expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  expect(await images.glance.listByName(images.access, 'once')).toHaveLength(1);
  await lab.volumes.starter.settle();
});

test('openstack and cinder, unmodified: a volume from an image, an image from a volume', async () => {
  const { openstack, cinder } = await ensureClients();
  const env = {
    ...{ OS_AUTH_URL: lab.keystoneUrl, OS_USERNAME: 'demo', OS_PASSWORD: passwords.demo, OS_PROJECT_NAME: 'demo' },
    ...{ OS_USER_DOMAIN_ID: 'default', OS_PROJECT_DOMAIN_ID: 'default', OS_VOLUME_API_VERSION: '3.71' },
  };
  const type = async (program: string, ...args: string[]): Promise<string> => {
    const { stdout } = await mustRunTool(program, args, { timeoutMs: 120_000, env });
    await lab.volumes.starter.settle();
    return stdout;
  };
  await type(openstack, 'volume', 'create', '--image', 'own', '--size', '1', 'booted');
  const shown = await type(openstack, 'volume', 'show', 'booted', '-f', 'json');
  expect(JSON.parse(shown)).toMatchObject({ bootable: true, volume_image_metadata: { image_name: 'own' } });
  const made = await type(openstack, 'image', 'create', '--volume', 'booted', 'from-volume', '-f', 'json');
  expect(JSON.parse(made)).toMatchObject({ status: 'uploading', image_name: 'from-volume', disk_format: 'raw' });
  const table = await type(cinder, 'upload-to-image', '--disk-format', 'qcow2', 'booted', 'by-cinder');
  expect(table).toMatch(/image_name\s+\| by-cinder/);
  expect(await images.glance.listByName(images.access, 'from-volume')).toHaveLength(1);
});

test('no token has been logged', async () => {
  const logs = [...lab.volumes.logged, await readFile(glance.logFile, 'utf8')].join('\n');
  for (const token of lab.tokens) expect(logs).not.toContain(token);
});
