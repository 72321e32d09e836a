// Volumes: pages, filters, and what a request may change.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { project, startVolumeLab, type VolumeLab } from './support/volume-lab.ts';

let lab: VolumeLab;
beforeAll(async () => {
  lab = await startVolumeLab();
}, 60_000);
afterAll(() => lab?.stop());

interface Listed {
  readonly id: string;
  readonly name: string | null;
}

/** Follows the links from page to page. */
async function allPages(path: string): Promise<Listed[]> {
  const found: Listed[] = [];
  for (let next: string | null = path; next !== null;) {
    const { status, body } = await lab.call('GET', next);
    expect(status).toBe(200);
    found.push(...(body.volumes as Listed[]));
    const link = (body.volumes_links as { href: string }[] | undefined)?.[0];
    next = link ? link.href.slice(link.href.indexOf('/volumes')) : null;
  }
  return found;
}

describe('lists', () => {
  const names = ['b', null, 'a', 'c', null, 'a', 'B', 'd'];
  let ids: string[];
  beforeAll(async () => {
    ids = [];
    for (const [index, name] of names.entries()) {
      ids.push(await lab.makeVolume({ name, size: 1 + (index % 3), metadata: { odd: String(index % 2 === 1) } }));
    }
  });

  test.each([
    'created_at:desc',
    'created_at:asc',
    'name:asc',
    'name:desc',
    'size:asc,name:desc',
    'host:asc',
    'id:desc',
  ])('pages by %s hold every volume once, in order, however small they are', async (sort) => {
    const whole = await lab.call('GET', `/volumes?sort=${sort}`);
    for (const limit of [1, 3]) {
      const paged = await allPages(`/volumes?sort=${sort}&limit=${limit}`);
      expect(paged.map(({ id }) => id)).toEqual((whole.body.volumes as Listed[]).map(({ id }) => id));
    }
    expect((whole.body.volumes as Listed[]).length).toBe(names.length);
  });

  test.each([
    ['name=a', 2],
    ["name='a'", 0],
    ['status=available', 8],
    ["status=['available','error']", 8],
    ["status=['error']", 0],
    ['size=2', 3],
    ['size=two', 0],
    ["metadata={'odd': 'true'}", 4],
    ["metadata={'odd': 'true', 'none': 'x'}", 0],
    ['metadata=odd', 0],
    ['host=peer', 8],
    ['host=peer@lf', 8],
    ['host=pee', 0],
    ['bootable=false', 8],
    ['bootable=true', 0],
    ['name~=a', 2],
    ['unknown=x', 0],
    ['id=xyz', 0],
    ['project_id=other', 0],
    ['created_at=gt:2020-01-01T00:00:00', 8],
    ['created_at=lt:2020-01-01T00:00:00', 0],
    ['created_at=gt:2020-01-01T00:00:00,lt:2020-01-02T00:00:00Z', 0],
    ['consumes_quota=false', 0],
    ['consumes_quota=true', 8],
  ])('?%s finds %i volumes, and with_count counts them', async (query, count) => {
    const { status, body } = await lab.call('GET', `/volumes/detail?with_count=true&${query}`);
    expect({ status, found: body.volumes.length, count: body.count }).toEqual({ status: 200, found: count, count });
  });

  test('another project sees none of them, an administrator asks for all', async () => {
    const other = { projectId: '00112233445566778899aabbccddeeff' };
    expect((await lab.call('GET', '/volumes', other)).body.volumes).toEqual([]);
    expect((await lab.call('GET', '/volumes?all_tenants=1', other)).body.volumes.length).toBe(names.length);
  });

  test('a marker of nowhere is a volume not found', async () => {
    const marker = '11111111-2222-3333-4444-555555555555';
    expect((await lab.call('GET', `/volumes?marker=${marker}`)).status).toBe(404);
  });
});

describe('changes', () => {
  test('metadata set by many clients at once is all there', async () => {
    const id = await lab.makeVolume();
    const keys = Array.from({ length: 20 }, (_, index) => `k${index}`);
    await Promise.all(
      keys.map((key) => lab.call('POST', `/volumes/${id}/metadata`, { body: { metadata: { [key]: key } } })),
    );
    expect(Object.keys((await lab.show(id)).metadata).sort()).toEqual(keys.sort());
  });

  test('an extend of an attached volume needs 3.42', async () => {
    const id = await lab.makeVolume();
    await lab.call('POST', `/volumes/${id}/action`, {
      body: { 'os-attach': { host_name: 'h', mountpoint: '/dev/vdb' } },
    });
    const body = { 'os-extend': { new_size: 2 } };
    expect((await lab.call('POST', `/volumes/${id}/action`, { body, version: '3.41' })).status).toBe(400);
    expect((await lab.call('POST', `/volumes/${id}/action`, { body, version: '3.42' })).status).toBe(202);
    await lab.starter.settle();
    expect(await lab.show(id)).toMatchObject({ size: 2, status: 'in-use' });
  });

  test('of two extends at once one wins, and the quota counts once', async () => {
    const id = await lab.makeVolume();
    const used = () =>
      lab.db.quotaUsage.findFirstOrThrow({ where: { resource: 'gigabytes' } }).then((row) => Number(row.inUse));
    const before = await used();
    const answers = await Promise.all(
      [3, 4, 5].map((size) => lab.call('POST', `/volumes/${id}/action`, { body: { 'os-extend': { new_size: size } } })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 400, 400]);
    await lab.starter.settle();
    const { size } = await lab.show(id);
    expect((await used()) - before).toBe(size - 1);
  });

  test('a quota that an extend would exceed is named with its figures, and nothing has changed', async () => {
    const id = await lab.makeVolume();
    const used = Number((await lab.db.quotaUsage.findFirstOrThrow({ where: { resource: 'gigabytes' } })).inUse);
    const { projectId } = await lab.db.volume.findUniqueOrThrow({ where: { id } });
    await lab.db.quotaLimit.create({ data: { projectId, resource: 'gigabytes', hardLimit: used + 1 } });
    const { status, body } = await lab.call('POST', `/volumes/${id}/action`, {
      body: { 'os-extend': { new_size: 9 } },
    });
    await lab.db.quotaLimit.deleteMany();
    expect(status).toBe(413);
    expect(body.overLimit.message).toBe(
      'VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. ' +
        `Requested 8G, quota is ${used + 1}G and ${used}G has been consumed.`,
    );
    expect(await lab.show(id)).toMatchObject({ size: 1, status: 'available' });
  });

  test('a volume with a snapshot is not deleted, even when both are asked for at once', async () => {
    const id = await lab.makeVolume();
    const [made, deleted] = await Promise.all([
      lab.call('POST', '/snapshots', { body: { snapshot: { volume_id: id } } }),
      lab.call('DELETE', `/volumes/${id}`),
    ]);
    expect([made.status, deleted.status]).toSatisfy(
      ([snapshot, volume]: number[]) => (snapshot === 202 && volume === 400) || (snapshot === 400 && volume === 202),
    );
    await lab.starter.settle();
  });

  test('a volume that is being copied is not deleted', async () => {
    const id = await lab.makeVolume();
    expect((await lab.call('POST', '/volumes', { body: { volume: { source_volid: id } } })).status).toBe(202);
    expect((await lab.call('DELETE', `/volumes/${id}`)).status).toBe(400);
    await lab.starter.settle();
    expect((await lab.call('DELETE', `/volumes/${id}`)).status).toBe(202);
    await lab.starter.settle();
    expect((await lab.call('GET', `/volumes/${id}`)).status).toBe(404);
  });

  test('force deletes what is stuck, and the operation that held it has no more to say', async () => {
    const { body } = await lab.call('POST', '/volumes', { body: { volume: { size: 1 } } });
    const { id } = body.volume as { id: string };
    expect((await lab.call('DELETE', `/volumes/${id}`)).status).toBe(400);
    expect((await lab.call('POST', `/volumes/${id}/action`, { body: { 'os-force_delete': {} } })).status).toBe(202);
    const row = await lab.db.volume.findUniqueOrThrow({ where: { id } });
    const owner = await lab.db.operation.findUniqueOrThrow({ where: { id: row.operationId ?? '' } });
    expect({ status: row.status, kind: owner.kind }).toEqual({ status: 'deleting', kind: 'volumeDelete' });
    await lab.starter.settle();
    expect((await lab.call('GET', `/volumes/${id}`)).status).toBe(404);
  });

  test('a volume from a backup is a restore to a new volume', async () => {
    const source = await lab.makeVolume({ size: 2 });
    const made = await lab.call('POST', '/backups', { body: { backup: { volume_id: source } } });
    await lab.starter.settle();
    const backupId = made.body.backup.id as string;
    const wish = { volume: { backup_id: backupId, name: 'again' } };
    const { status, body } = await lab.call('POST', '/volumes', { body: wish, version: '3.47' });
    expect({ status, size: body.volume.size, shown: body.volume.status }).toEqual({
      status: 202,
      size: 2,
      shown: 'creating',
    });
    expect((await lab.call('GET', `/backups/${backupId}`)).body.backup.status).toBe('restoring');
    await lab.starter.settle();
    expect((await lab.show(body.volume.id)).status).toBe('available');
  });

  test('a restore of an incremental backup reads everything that it builds on', async () => {
    const source = await lab.makeVolume();
    const chain: string[] = [];
    for (const incremental of [false, true, true]) {
      const made = await lab.call('POST', '/backups', { body: { backup: { volume_id: source, incremental } } });
      expect(made.status).toBe(202);
      await lab.starter.settle();
      chain.push(made.body.backup.id as string);
    }
    const [full = '', middle = '', last = ''] = chain;
    expect((await lab.call('POST', `/backups/${last}/restore`, { body: { restore: {} } })).status).toBe(202);
    const restore = await lab.db.operation.findFirstOrThrow({ where: { kind: 'backupRestore', resourceId: last } });
    const read = await lab.db.operationResource.findMany({ where: { operationId: restore.id, role: 'reads' } });
    expect(read.map((use) => use.resourceId).toSorted()).toEqual([full, middle].toSorted());
    await lab.starter.settle();
  });

  test('a cascading delete takes the snapshots along, and their quota', async () => {
    const id = await lab.makeVolume({ size: 2 });
    for (const name of ['one', 'two']) {
      const made = await lab.call('POST', '/snapshots', { body: { snapshot: { volume_id: id, name } } });
      expect(made.status).toBe(202);
      await lab.starter.settle();
    }
    const usage = () =>
      lab.db.quotaUsage.findUniqueOrThrow({
        where: { projectId_resource: { projectId: project, resource: 'snapshots' } },
      });
    const before = (await usage()).inUse;
    expect((await lab.call('DELETE', `/volumes/${id}`)).status).toBe(400);
    expect((await lab.call('DELETE', `/volumes/${id}?cascade=true`)).status).toBe(202);
    await lab.starter.settle();
    expect((await lab.call('GET', `/volumes/${id}`)).status).toBe(404);
    expect(await lab.db.snapshot.count({ where: { volumeId: id, deletedAt: null } })).toBe(0);
    expect((await usage()).inUse).toBe(before - 2n);
  });

  test('the same Idempotency-Key makes one volume, snapshot and backup', async () => {
    const id = await lab.makeVolume();
    for (const [path, body] of [
      ['/volumes', { volume: { size: 1 } }],
      ['/snapshots', { snapshot: { volume_id: id } }],
      ['/backups', { backup: { volume_id: id } }],
    ] as const) {
      const headers = { 'Idempotency-Key': `key-${path.slice(1)}` };
      const first = await lab.call('POST', path, { body, headers });
      await lab.starter.settle();
      expect(first.status).toBe(202);
      expect(await lab.call('POST', path, { body, headers })).toEqual(first);
    }
  });
});
