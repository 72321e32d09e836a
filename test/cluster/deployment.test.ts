// docker-compose.yml run by hand, service by service: a volume's whole life on it, and an upgrade with operations under way.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheDirectory } from '../../workers/config/environment.ts';
import { startLibvirtd, type EmbeddedLibvirtd } from '../../workers/embedded/libvirtd.ts';
import { probeLibvirt } from '../../workers/embedded/libvirtd-probe.ts';
import { eventually } from '../support/eventually.ts';
import { prepareDeployment, type Deployment } from './compose/deployment.ts';
import { missingPrograms } from './compose/programs.ts';
import type { Container } from './compose/places.ts';
import { Upgrade } from './compose/upgrade.ts';
import { liveAWholeLife } from './support/life.ts';
import { whyNoCluster } from './support/probe.ts';
import { Tenant } from './support/tenant.ts';

const reason = (await whyNoCluster()) ?? (await whyNotByHand());

/** What stands in for the containers is missing. */
async function whyNotByHand(): Promise<string | null> {
  const missing = await missingPrograms();
  const text = missing.length === 0 ? null : `apt-get install ${missing.join(' ')}`;
  if (text !== null) console.warn(`the services of docker-compose.yml are not run by hand: ${text}`);
  return text;
}

const noLibvirt = (await probeLibvirt()).map(({ what }) => what);
if (noLibvirt.length > 0) console.warn(`compute1 is not run by hand: ${noLibvirt.join('; ')}`);
/** What this machine's QEMU can do, found out once. */
const libvirtCache = join(cacheDirectory(), 'libvirt');
let libvirtd: EmbeddedLibvirtd | null = null;

let deployment: Deployment;
let tenant: Tenant;

beforeAll(async () => {
  if (reason !== null) return;
  deployment = await prepareDeployment();
  tenant = new Tenant(deployment.url);
});

afterAll(async () => {
  await libvirtd?.stop();
  await deployment?.stop();
});

describe.skipIf(reason !== null)(`by hand${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  it.each(['temporal-namespace', 'migrate', 'balancer', 'control', 'storage1', 'backup1'])(
    '%s starts after what it depends on, and is healthy or ends well',
    async (service) => {
      await expect(deployment.containers.up(service)).resolves.toBeUndefined();
    },
  );

  it.skipIf(noLibvirt.length > 0)('compute1 is healthy on a machine that runs libvirtd', async () => {
    libvirtd = await startLibvirtd({ directory: join(deployment.directory, 'libvirtd'), cacheDirectory: libvirtCache });
    deployment.useLibvirt(libvirtd.connectionUri);
    await expect(deployment.containers.up('compute1')).resolves.toBeUndefined();
    await deployment.containers.stop(deployment.containers.named('compute1-1'));
    await libvirtd.stop();
  });

  it('what makes tables and namespaces may run again, as it does at each start', async () => {
    for (const service of ['temporal-schema', 'temporal-namespace', 'migrate']) {
      const [container] = deployment.containers.of(service);
      if (!container) throw new Error(`no ${service}`);
      await expect(deployment.containers.start(container)).resolves.toBeUndefined();
    }
  });

  it('a volume lives its whole life behind the one address', async () => {
    await expect(liveAWholeLife(tenant, { attach: true })).resolves.toBeUndefined();
  });

  it('both APIs served it', async () => {
    for (const { directory, name } of deployment.containers.of('api'))
      expect(await readFile(join(directory, 'log'), 'utf8'), name).toContain('"method":"POST"');
  });

  it('what hosts report is not to be reached by tenants', async () => {
    const response = await fetch(`${deployment.url}/internal/report`, { method: 'POST' });
    expect(response.status).toBe(404);
  });

  it('one API is killed: the address goes on answering, and it is healthy again when it is back', async () => {
    const [first] = deployment.containers.of('api');
    if (!first) throw new Error('no API');
    await deployment.containers.kill(first);
    expect(await deployment.containers.isHealthy(first)).toBe(false);
    for (let n = 0; n < 6; n += 1) expect((await tenant.ask('GET', '/volumes')).status).toBe(200);
    await deployment.containers.start(first);
    expect(await deployment.containers.isHealthy(first)).toBe(true);
  });
});

describe.skipIf(reason !== null)('an upgrade as docs/upgrading.md says', () => {
  let upgrade: Upgrade;
  let source: string;
  let firstBuildId: string;
  let nextBuildId: string;
  /** Begun by the first release, and under way until their hosts are back. */
  const waiting = { copy: '', backup: '', attached: '' };
  let attaching: Promise<unknown>;
  let nextControl: readonly Container[];

  beforeAll(async () => {
    if (reason !== null) return;
    upgrade = await Upgrade.of(deployment);
    source = await tenant.create('volume', { size: 1, name: 'source' });
    waiting.attached = await tenant.create('volume', { size: 1, name: 'to be attached' });
    for (const id of [source, waiting.attached]) await tenant.until('volume', id, 'available');
  });

  afterAll(async () => upgrade?.close());

  it('the first version became the current one by itself', async () => {
    firstBuildId = await upgrade.currentBuildId();
    expect(firstBuildId).toMatch(/^0\.1\.0-[0-9a-f]{16}$/);
  });

  it('the database is migrated under the old release', async () => {
    expect(
      await upgrade.command('migrate --config /etc/scoria/scoria.conf /etc/scoria/secrets.conf', 'next'),
    ).toContain('up to date');
  });

  it('APIs are replaced one after another, and no request fails meanwhile', async () => {
    const rolling = upgrade.roll('api', 'next');
    let isDone = false;
    void rolling.finally(() => (isDone = true)).catch(() => undefined);
    let created = 0;
    for (; !isDone; created += 1) {
      const id = await tenant.create('volume', { size: 1, name: 'meanwhile' });
      await tenant.until('volume', id, 'available');
      await tenant.delete('volume', id);
      await tenant.until('volume', id, 'gone');
    }
    await rolling;
    expect(created).toBeGreaterThan(0);
  });

  it('operations of the old version go on with the new one, which gets them when it is promoted', async () => {
    nextControl = [await upgrade.startBeside('control', 'next')];
    await upgrade.stopAll('storage1');
    waiting.copy = await tenant.create('volume', { size: 1, source_volid: source });
    attaching = tenant.attach(waiting.attached);
    attaching.catch(() => undefined);
    await upgrade.stopAll('backup1');
    waiting.backup = await tenant.create('backup', { volume_id: source });
    for (const id of [waiting.copy, waiting.backup]) await upgrade.begun(id);
    const shown = await upgrade.command('deployment show --config /etc/scoria/scoria.conf', 'next');
    nextBuildId = /^(0\.2\.0-\S+).*this release/m.exec(shown)?.[1] ?? '';
    expect(nextBuildId).not.toBe('');
    expect(await upgrade.currentBuildId()).toBe(firstBuildId);
    await upgrade.command('--percentage 10', 'next');
    await upgrade.command('promote --config /etc/scoria/scoria.conf', 'next');
    expect(await upgrade.currentBuildId()).toBe(nextBuildId);
    await upgrade.stopAll('control');
  });

  it('hosts are replaced, and what waited for them comes to its end', async () => {
    await upgrade.roll('storage1', 'next');
    await upgrade.roll('backup1', 'next');
    await tenant.until('volume', waiting.copy, 'available');
    await attaching;
    await tenant.until('volume', waiting.attached, 'in-use');
    await tenant.until('backup', waiting.backup, 'available');
    for (const id of [waiting.copy, waiting.backup])
      expect(await upgrade.versions(id)).toMatchObject({ began: firstBuildId, now: nextBuildId, hasPatch: false });
  });

  it('what is accepted now is begun by the new version', async () => {
    const id = await tenant.create('volume', { size: 1 });
    await tenant.until('volume', id, 'available');
    expect(await upgrade.versions(id)).toMatchObject({ began: nextBuildId, now: nextBuildId, hasPatch: true });
  });

  it('a version that cannot replay harms nothing: after the way back, what it could not go on with does', async () => {
    await upgrade.stopAll('backup1');
    const backupId = await tenant.create('backup', { volume_id: source });
    await upgrade.begun(backupId);
    const hasty = await upgrade.startBeside('control', 'hasty');
    await upgrade.command('promote --config /etc/scoria/scoria.conf', 'hasty');
    const id = await tenant.create('volume', { size: 1 });
    await tenant.until('volume', id, 'available');
    expect((await upgrade.versions(id)).began).toMatch(/^0\.3\.0-/);
    await upgrade.roll('backup1', 'next');
    await eventually(async () => expect((await upgrade.versions(backupId)).failedTasks).toBeGreaterThan(0));
    expect((await tenant.show('backup', backupId))?.status).toBe('creating');
    await upgrade.command('--build-id 0.1.0-0a1b2c3d4e5f6a7b', 'next', nextBuildId);
    await tenant.until('backup', backupId, 'available');
    await upgrade.stop(hasty);
    expect(nextControl).toHaveLength(1);
  });

  it('nothing is left unfinished, and every command of the page was given', async () => {
    await eventually(async () => expect(await upgrade.db.operation.count({ where: { finishedAt: null } })).toBe(0));
    const ended = await upgrade.db.operation.groupBy({ by: ['state'], _count: true });
    expect(ended.map(({ state }) => state)).toEqual(['succeeded']);
    expect(upgrade.page.leftOut).toEqual([]);
  });
});
