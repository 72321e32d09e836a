// What an audit finds in a real target: exports that nobody needs go; what somebody uses, or nobody knows, stays.
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { TgtTargetDriver } from '../../drivers/target/tgt/driver.ts';
import type { AcceptRequest } from '../../prisma/store/operations/accept-types.ts';
import { audit } from '../../workers/cli/audit.ts';
import { newStep } from '../driver/support/step.ts';
import { testTgtd, whyNoIscsi, type TestTgtd } from '../driver/support/tgtd.ts';
import { serveLab, type LabApi } from '../support/lab-api.ts';
import { startLab, type Lab } from '../support/lab.ts';
import * as requests from '../support/requests.ts';
import { run } from '../support/scenarios.ts';

const reason = await whyNoIscsi();

describe.skipIf(reason !== null)(`exports${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let lab: Lab;
  let api: LabApi;
  let tgt: TestTgtd;
  let target: TgtTargetDriver;
  let printed: string[];

  beforeAll(async () => {
    lab = await startLab();
    await lab.addControl();
    tgt = await testTgtd(lab.directory);
    target = new TgtTargetDriver(tgt.options, lab.directory);
    await lab.addBackend('alpha', 'first', { target });
    // On the same machine, and so on the same tgtd.
    await lab.addBackend('alpha', 'second', { target });
    api = await serveLab(lab);
  }, 120_000);

  afterAll(async () => {
    await api?.stop();
    await lab?.stop();
    await tgt?.tgtd.stop();
  });

  beforeEach(() => {
    printed = [];
    vi.spyOn(console, 'log').mockImplementation((line: unknown) => void printed.push(String(line)));
  });
  afterEach(() => void vi.restoreAllMocks());

  async function volume(): Promise<string> {
    const request = requests.createVolume();
    expect(await run(lab, request)).toBe('succeeded');
    return request.resourceId;
  }

  /** Exported as a client asks for it; its attachment, if it has one, is there before. */
  async function connect(volumeId: string, attachmentId: string | null): Promise<void> {
    if (attachmentId !== null) {
      await lab.db.attachment.create({ data: { id: attachmentId, volumeId, attachStatus: 'attached' } });
    }
    const connector = { ip: '192.0.2.1', initiator: 'iqn.test', host: 'gamma' };
    const request: AcceptRequest = {
      ...{ kind: 'connectionInitialize', operationId: randomUUID(), resourceId: volumeId, projectId: 'fedcba98' },
      ...{ userId: 'tester', requestId: 'req-test', claims: [], quota: [] },
      input: { volumeId, attachmentId, connector, mode: 'rw', removeExport: true },
      reads: [{ resource: 'volume', id: volumeId }],
    };
    await lab.starter.submitAndWait(request, 60_000);
  }

  /** Exported behind Scoria's back, as a cut-off clean-up leaves it. */
  async function exportBehind(volumeId: string, of = volumeId): Promise<void> {
    const { host } = await lab.db.volume.findUniqueOrThrow({ where: { id: of } });
    const path = { kind: 'file', path: `${lab.directory}/alpha/${host?.split('#')[1]}/volume-${of}` } as const;
    await target.exportVolume(newStep(), { volumeId, path, chap: null, readonly: false });
  }

  const about = (id: string) => printed.filter((line) => line.includes(id));

  it('of a cloud in order are no difference, whichever back-end of the machine they belong to', async () => {
    const volumes = [await volume(), await volume(), await volume(), await volume()];
    for (const id of volumes) await connect(id, randomUUID());
    const hosts = await lab.db.volume.findMany({ where: { id: { in: volumes } }, select: { host: true } });
    expect(new Set(hosts.map(({ host }) => host)).size, 'back-ends that they are on').toBe(2);
    expect(await audit({ ...api.flags, repair: true })).toBe(0);
    expect((await target.listExports()).toSorted()).toEqual(volumes.toSorted());
  });

  it('that nobody needs are taken away; those that are unknown, or that a client may use, stay and are named', async () => {
    const [left, deleted, asked] = [await volume(), await volume(), await volume()];
    const stranger = randomUUID();
    await exportBehind(left);
    await connect(asked, null);
    await exportBehind(stranger, left);
    expect(await run(lab, requests.deleteVolume(deleted))).toBe('succeeded');
    await exportBehind(deleted, left);
    expect(await audit(api.flags)).toBe(1);
    expect(about(left)[0]).toMatch(/export .+ nothing is attached and no operation uses it {2}\[repairable\]$/);
    expect(about(deleted)[0]).toMatch(/\[repairable\]$/);
    expect(about(asked)[0]).toMatch(/asked for it by os-initialize_connection.+\[by-hand\]$/);
    expect(about(stranger)[0]).toMatch(/no row has ever had this id.+\[by-hand\]$/);
    await audit({ ...api.flags, repair: true });
    const exported = await target.listExports();
    expect(exported).toEqual(expect.arrayContaining([asked, stranger]));
    expect(exported).not.toContain(left);
    expect(exported).not.toContain(deleted);
    await target.removeExport(newStep(), stranger);
  });

  it('that are missing are named, and an attachment of a deleted volume or a vanished instance is, too', async () => {
    const [id, ghost] = [await volume(), await volume()];
    await connect(id, randomUUID());
    await target.removeExport(newStep(), id);
    const service = { id: randomUUID(), binary: 'nova-compute', host: 'kvm1', availabilityZone: 'nova' };
    await lab.db.service.create({ data: service });
    const stale = { id: randomUUID(), volumeId: ghost, attachStatus: 'attached', attachedHost: 'kvm1' };
    await lab.db.attachment.create({ data: { ...stale, instanceId: randomUUID() } });
    expect(await audit({ ...api.flags, repair: true })).toBe(1);
    expect(about(id)[0]).toMatch(/something is attached, and it is not exported {2}\[by-hand\]$/);
    expect(about(stale.id)[0]).toMatch(/host kvm1 has no instance .+ any more {2}\[by-hand\]$/);
    expect(await lab.db.attachment.count({ where: { id: stale.id, deletedAt: null } })).toBe(1);
    await lab.db.attachment.delete({ where: { id: stale.id } });
    await lab.db.service.delete({ where: { id: service.id } });
  });
});
