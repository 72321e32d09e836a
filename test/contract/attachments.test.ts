// Attachments: reserving, connecting and detaching, when many ask at once and when servers are involved.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seal } from '../../prisma/store/database/sealed.ts';
import { noteService } from '../../prisma/store/services/services.ts';
import { newId } from '../support/ids.ts';
import { startVolumeLab, type Answered, type VolumeLab } from './support/volume-lab.ts';

let lab: VolumeLab;
beforeAll(async () => {
  lab = await startVolumeLab();
}, 60_000);
afterAll(() => lab?.stop());

const connector = { initiator: 'iqn.x', host: 'h1', ip: '10.0.0.1' };

const act = (id: string, body: object): Promise<Answered> => lab.call('POST', `/volumes/${id}/action`, { body });

const attach = (volumeId: string, more: object = {}): Promise<Answered> =>
  lab.call('POST', '/attachments', {
    body: { attachment: { volume_uuid: volumeId, instance_uuid: newId(), ...more } },
  });

const statuses = (answers: readonly Answered[]): number[] =>
  answers.map(({ status }) => status).sort((left, right) => left - right);

describe('when many ask at once', () => {
  test('one of ten reserves a volume', async () => {
    const id = await lab.makeVolume();
    const answers = await Promise.all(Array.from({ length: 10 }, () => act(id, { 'os-reserve': null })));
    expect(statuses(answers)).toEqual([202, ...Array.from({ length: 9 }, () => 400)]);
  });

  test('one of ten gets the attachment of a volume for one server, and nine leave no row', async () => {
    const id = await lab.makeVolume();
    const answers = await Promise.all(Array.from({ length: 10 }, () => attach(id)));
    expect(statuses(answers)).toEqual([200, ...Array.from({ length: 9 }, () => 400)]);
    expect(await lab.db.attachment.count({ where: { volumeId: id } })).toBe(1);
  });

  test('a reserved volume is not deleted, extended, copied or backed up', async () => {
    const id = await lab.makeVolume();
    expect((await attach(id)).status).toBe(200);
    const answers = await Promise.all([
      lab.call('DELETE', `/volumes/${id}`),
      act(id, { 'os-extend': { new_size: 2 } }),
      lab.call('POST', '/volumes', { body: { volume: { source_volid: id } } }),
      lab.call('POST', '/backups', { body: { backup: { volume_id: id, force: true } } }),
    ]);
    expect(statuses(answers)).toEqual([400, 400, 400, 400]);
    expect((await lab.show(id)).status).toBe('reserved');
  });
});

describe('one after the other', () => {
  test('reserve, connect, complete, detach leaves the volume as it was', async () => {
    const id = await lab.makeVolume();
    const { body } = await attach(id);
    const attachmentId = body.attachment.id as string;
    const path = `/attachments/${attachmentId}`;
    expect((await lab.show(id)).status).toBe('reserved');
    const updated = await lab.call('PUT', path, { body: { attachment: { connector } } });
    expect(updated.body.attachment.connection_info).toMatchObject({ attachment_id: attachmentId, access_mode: 'rw' });
    expect((await lab.show(id)).status).toBe('attaching');
    expect((await lab.call('POST', `${path}/action`, { body: { 'os-complete': null } })).status).toBe(204);
    expect(await lab.show(id)).toMatchObject({ status: 'in-use', attachments: [{ attachment_id: attachmentId }] });
    expect((await lab.call('DELETE', path)).body).toEqual({ attachments: [] });
    expect(await lab.show(id)).toMatchObject({ status: 'available', attachments: [] });
    expect((await lab.call('GET', path)).status).toBe(404);
  });

  test('a volume for several servers has several attachments and stays in use until the last is gone', async () => {
    const id = await lab.makeVolume({ volume_type: 'shared' });
    const made: string[] = [];
    for (const _ of [1, 2]) {
      const { body } = await attach(id, { connector });
      made.push(body.attachment.id as string);
      await lab.call('POST', `/attachments/${made.at(-1)}/action`, { body: { 'os-complete': {} } });
    }
    expect((await lab.show(id)).attachments.length).toBe(2);
    expect((await act(id, { 'os-detach': {} })).status).toBe(409);
    await lab.call('DELETE', `/attachments/${made[0]}`);
    expect((await lab.show(id)).status).toBe('in-use');
    await lab.call('DELETE', `/attachments/${made[1]}`);
    expect((await lab.show(id)).status).toBe('available');
  });

  test('the target’s credentials reach who connects, and no list', async () => {
    const id = await lab.makeVolume();
    const secret = JSON.stringify({ username: 'chap-user', password: 'chap-password-16' });
    const { secretKey } = lab.deps.config;
    const targetSecret = seal(secretKey ?? '', `volumes/${id}/target_secret`, secret);
    const attachmentId = newId();
    await lab.db.volume.update({ where: { id }, data: { targetSecret, status: 'reserved' } });
    await lab.db.attachment.create({
      data: {
        id: attachmentId,
        volumeId: id,
        attachStatus: 'attaching',
        connectionInfo: { driver_volume_type: 'iscsi', data: { target_iqn: 'iqn.x' } },
      },
    });
    const shown = await lab.call('GET', `/attachments/${attachmentId}`);
    expect(shown.body.attachment.connection_info).toMatchObject({
      auth_method: 'CHAP',
      auth_username: 'chap-user',
      auth_password: 'chap-password-16',
      driver_volume_type: 'iscsi',
    });
    const listed = await lab.call('GET', `/attachments/detail?volume_id=${id}`);
    expect(JSON.stringify(listed.body)).not.toContain('chap-');
    const operations = await lab.db.operation.findMany();
    expect(JSON.stringify(operations.map(({ input, result }) => [input, result]))).not.toContain('chap-');
  });

  test('what a server uses is the Compute API’s to detach', async () => {
    const id = await lab.makeVolume();
    const server = await lab.db.server.create({ data: { id: newId(), name: 's', host: 'peer', status: 'ACTIVE' } });
    const { body } = await attach(id, { instance_uuid: server.id, connector });
    const { status, body: fault } = await lab.call('DELETE', `/attachments/${body.attachment.id}`);
    expect(status).toBe(409);
    expect(fault.conflictingRequest.message).toBe(
      `ConflictNovaUsingAttachment: Detach volume from instance ${server.id} using the Compute API`,
    );
  });
});

test('a volume in use is not migrated, and why is said', async () => {
  const id = await lab.makeVolume();
  await lab.call('POST', `/volumes/${id}/action`, {
    body: { 'os-attach': { host_name: 'h', mountpoint: '/dev/vdb' } },
  });
  await lab.starter.settle();
  await noteService(lab.db, 'cinder-volume', 'peer@lf2', 'nova');
  const migration = { 'os-migrate_volume': { host: 'peer@lf2#lf2' } };
  const answered = await lab.call('POST', `/volumes/${id}/action`, { body: migration });
  expect(answered.status).toBe(400);
  expect(answered.body.badRequest.message).toContain('is attached');
  expect(await lab.show(id)).toMatchObject({ status: 'in-use', migration_status: null });
});
