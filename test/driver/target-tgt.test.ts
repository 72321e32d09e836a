// The target driver `tgtadm` with a real tgtd and a real initiator.
import { open, truncate } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTgtd } from '../../drivers/target/tgt/daemon.ts';
import { tgtadm } from '../../drivers/target/tgt/client.ts';
import * as commands from '../../drivers/target/tgt/commands.ts';
import { TgtTargetDriver } from '../../drivers/target/tgt/driver.ts';
import { parseAccounts, parsePortals, parseTargets } from '../../drivers/target/tgt/parse.ts';
import { rememberedProcess } from '../../privileged/leftover.ts';
import { iscsiUrl, onLun } from './support/iscsi-client.ts';
import { freePort, newStep, scratchDirectory } from './support/step.ts';
import { newExport, promisesOfTargets } from './support/target-conformance.ts';
import { threeTargets } from './support/tgt-output.ts';
import { testTgtd, whyNoIscsi, type TestTgtd } from './support/tgtd.ts';
import { eventually } from '../support/eventually.ts';

const reason = await whyNoIscsi();
const mib = 1024 ** 2;

describe('what tgtadm prints', () => {
  it('is understood', () => {
    const [used, half, readonly] = parseTargets(threeTargets);
    expect(used).toEqual({
      tid: 1,
      iqn: 'iqn.2010-10.org.openstack:volume-8d85c306-6add-4850-b850-aa8288c03319',
      state: 'ready',
      sessions: [{ sid: 5, initiator: 'iqn.2008-11.org.linux-kvm', cids: [0] }],
      luns: [
        { lun: 0, sizeMb: 0, online: true, readonly: false, path: null },
        {
          lun: 1,
          sizeMb: 67,
          online: true,
          readonly: false,
          path: '/srv/volumes/volume-8d85c306-6add-4850-b850-aa8288c03319',
        },
      ],
      accounts: ['u1'],
      acl: ['ALL'],
    });
    expect(half).toMatchObject({ tid: 2, state: 'offline', sessions: [], accounts: [], acl: [] });
    expect(readonly).toMatchObject({
      tid: 3,
      acl: [],
      luns: [{ lun: 0 }, { lun: 1, sizeMb: 322_123, online: false, readonly: true }],
    });
    expect(parseTargets('')).toEqual([]);
    expect(parseAccounts('Account list:\n    u1\n    u2\n')).toEqual(['u1', 'u2']);
    expect(parsePortals('Portal: 127.0.0.1:3260,1\nPortal: [::]:3260,1\n')).toEqual(['127.0.0.1:3260', '[::]:3260']);
  });

  it.each(['tgtadm: usage', 'Target x: y\n', threeTargets.replace('Size: 67 MB', 'Size: some MB')])(
    'is refused when it is something else',
    (text) => {
      expect(() => parseTargets(text)).toThrow(expect.objectContaining({ code: 'UnexpectedOutput' }));
    },
  );
});

describe.skipIf(reason !== null)('the target driver tgtadm', () => {
  let scratch: Awaited<ReturnType<typeof scratchDirectory>>;
  let running: TestTgtd;
  let target: TgtTargetDriver;
  beforeAll(async () => {
    scratch = await scratchDirectory();
    running = await testTgtd(scratch.path);
    target = new TgtTargetDriver(running.options, scratch.path);
    await target.checkForSetup();
  });
  afterAll(async () => {
    await running.tgtd.stop();
    await scratch.remove();
  });

  promisesOfTargets(() => ({ target, directory: scratch.path }));

  const show = async () =>
    parseTargets(await tgtadm(commands.showTargets({ controlPort: running.options.tgt_control_port })));
  const accounts = async () =>
    parseAccounts(await tgtadm(commands.showAccounts({ controlPort: running.options.tgt_control_port })));

  it.each([1, 2, 3, 4, 5, 6, 7])(
    'repairs an export whose maker died after command %i, and can remove it',
    async (commandsDone) => {
      const request = await newExport(scratch.path);
      const half = () => target.exportVolume(dyingAfter(commandsDone), request).catch(() => 'died');
      await half();
      const connection = await target.exportVolume(newStep(), request);
      await onLun(iscsiUrl(connection, request.chap), 'write -P 9 0 4k', 'read -P 9 0 4k');
      await target.removeExport(newStep(), request.volumeId);
      await half();
      await target.removeExport(newStep(), request.volumeId);
      expect(await show()).toEqual([]);
      expect(await accounts()).toEqual([]);
    },
  );

  it.each([1, 2, 3, 4, 5])('finishes a removal that died after command %i', async (commandsDone) => {
    const request = await newExport(scratch.path);
    await target.exportVolume(newStep(), request);
    await target.removeExport(dyingAfter(commandsDone), request.volumeId).catch(() => 'died');
    await target.removeExport(newStep(), request.volumeId);
    expect([await show(), await accounts()]).toEqual([[], []]);
  });

  it.each([1, 2, 3, 4])('serves again after a refresh of the size that died after command %i', async (commandsDone) => {
    const request = await newExport(scratch.path);
    const connection = await target.exportVolume(newStep(), request);
    await truncate(request.path.path, 96 * mib);
    await target.refreshSize(dyingAfter(commandsDone), request.volumeId).catch(() => 'died');
    await target.refreshSize(newStep(), request.volumeId);
    const served = onLun(iscsiUrl(connection, request.chap), 'write -P 9 90M 4k', 'read -P 9 90M 4k');
    await expect(served).resolves.toMatchObject({ exitCode: 0 });
    await target.removeExport(newStep(), request.volumeId);
  });

  it('loses no write of an initiator that is writing while the size is refreshed', async () => {
    const request = await newExport(scratch.path);
    const url = iscsiUrl(await target.exportVolume(newStep(), request), request.chap);
    const blocks = Array.from({ length: 60 }, (_, i) => i);
    let done = false;
    const writing = onLun(
      url,
      ...blocks.flatMap((i) => [`aio_write -q -P ${i + 1} ${i}M 1M`, 'sleep 50']),
      'aio_flush',
    ).finally(() => {
      done = true;
    });
    let refreshed = 0;
    while (!done && refreshed < 3) {
      // A first login that comes while the target is offline is refused; one that is logged in connects again.
      await eventually(async () => {
        const loggedIn = (await show()).some(({ sessions }) => sessions.length > 0);
        expect(done || loggedIn).toBe(true);
      }, 20_000);
      refreshed += 1;
      await truncate(request.path.path, (64 + refreshed) * mib);
      await target.refreshSize(newStep(), request.volumeId);
    }
    await writing;
    const file = await open(request.path.path, 'r');
    for (const i of blocks) {
      const { buffer } = await file.read(Buffer.alloc(mib), 0, mib, i * mib);
      expect(buffer.equals(Buffer.alloc(mib, i + 1)), `MiB ${i}`).toBe(true);
    }
    await file.close();
    expect(refreshed).toBeGreaterThan(0);
    await target.removeExport(newStep(), request.volumeId);
  }, 30_000);

  it('exports anew when the volume moved to another path', async () => {
    const request = await newExport(scratch.path);
    await target.exportVolume(newStep(), request);
    const moved = await newExport(scratch.path, { volumeId: request.volumeId, chap: request.chap });
    const connection = await target.exportVolume(newStep(), moved);
    expect((await show()).flatMap(({ luns }) => luns.flatMap(({ path }) => path ?? []))).toEqual([moved.path.path]);
    await onLun(iscsiUrl(connection, request.chap), 'read 0 512');
    await target.removeExport(newStep(), request.volumeId);
  });

  it('takes for not exported only what it has not exported itself and tgtd did not have before', async () => {
    const [known, stranger, never] = await Promise.all([1, 2, 3].map(() => newExport(scratch.path)));
    if (!known || !stranger || !never) throw new Error('three were asked for');
    const other = new TgtTargetDriver(running.options, (await scratchDirectory()).path);
    await other.exportVolume(newStep(), stranger);
    const fresh = new TgtTargetDriver(running.options, scratch.path);
    await fresh.exportVolume(newStep(), known);
    const maybe = ({ volumeId }: typeof known) => fresh.mayBeExported(volumeId);
    expect(await Promise.all([known, stranger, never].map(maybe))).toEqual([true, true, false]);
    for (const { volumeId } of [known, stranger]) await fresh.removeExport(newStep(), volumeId);
    expect(await fresh.listExports()).toEqual([]);
  });

  it('says so when no tgtd answers', async () => {
    const nobody = new TgtTargetDriver({ ...running.options, tgt_control_port: 32_766 }, scratch.path);
    await expect(nobody.checkForSetup()).rejects.toMatchObject({
      code: 'Unreachable',
      message: expect.stringContaining('tgt_control_port'),
    });
  });
});

describe.skipIf(reason !== null)('a tgtd of our own', () => {
  it('is found again by a second start, keeps its targets, and is gone after stop', async () => {
    const scratch = await scratchDirectory();
    const first = await testTgtd(scratch.path);
    const target = new TgtTargetDriver(first.options, scratch.path);
    await target.exportVolume(newStep(), await newExport(scratch.path));
    const { target_port: portalPort, tgt_control_port: controlPort } = first.options;
    const pidFile = `${scratch.path}/tgtd.pid`;
    const second = await startTgtd({ controlPort, portalPort, logFile: `${scratch.path}/second.log`, pidFile });
    expect(second.pid).toBe(first.tgtd.pid);
    expect(await target.listExports()).toHaveLength(1);
    await second.stop();
    expect(await rememberedProcess(pidFile)).toBeNull();
    await expect(target.listExports()).rejects.toMatchObject({ code: 'Unreachable' });
    await first.tgtd.stop();
    await scratch.remove();
  });

  it('refuses a portal that is taken instead of listening somewhere else', async () => {
    const scratch = await scratchDirectory();
    const first = await testTgtd(scratch.path);
    const controlPort = (await freePort()) % 32_768;
    const clash = startTgtd({
      controlPort,
      portalPort: first.options.target_port,
      logFile: `${scratch.path}/second.log`,
    });
    await expect(clash).rejects.toMatchObject({
      code: 'CommandFailed',
      message: expect.stringContaining(first.tgtd.portal),
    });
    await first.tgtd.stop();
    await scratch.remove();
  });
});

/** A step whose process dies, as it were, after `commandsDone` commands: nothing more is run. */
function dyingAfter(commandsDone: number): ReturnType<typeof newStep> {
  const death = new AbortController();
  let asked = 0;
  // Each command asks its step for the signal once, before it starts.
  return {
    ...newStep(),
    get signal() {
      asked += 1;
      if (asked > commandsDone) death.abort(new Error('died'));
      return death.signal;
    },
  };
}
