// A target that was started anew exports again what was in use, and no lock that somebody holds keeps it from that.
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WantedExport } from '../../activities/host-services.ts';
import { startTgtd } from '../../drivers/target/tgt/daemon.ts';
import { TgtTargetDriver } from '../../drivers/target/tgt/driver.ts';
import { fileVolumeOptions } from '../../drivers/volume/file/config.ts';
import { FileVolumeDriver } from '../../drivers/volume/file/driver.ts';
import { withHostLock } from '../../privileged/host-lock.ts';
import { keepExports } from '../../workers/roles/restore-exports.ts';
import { eventually } from '../support/eventually.ts';
import { newStep, scratchDirectory } from './support/step.ts';
import { testTgtd, whyNoIscsi, type TestTgtd } from './support/tgtd.ts';

const reason = await whyNoIscsi();
const chapOf = (username: string) => ({ username, password: 'secret123456' });

describe.skipIf(reason !== null)(`exports${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let scratch: Awaited<ReturnType<typeof scratchDirectory>>;
  let tgt: TestTgtd;
  let driver: FileVolumeDriver;
  let target: TgtTargetDriver;
  let wanted: WantedExport[];

  beforeAll(async () => {
    scratch = await scratchDirectory();
    tgt = await testTgtd(scratch.path);
    const directory = join(scratch.path, 'volumes');
    await mkdir(directory);
    driver = new FileVolumeDriver(fileVolumeOptions.parse({ volume_backend_name: 'one', file_volumes_dir: directory }));
    await driver.checkForSetup();
    target = new TgtTargetDriver(tgt.options, scratch.path);
  });

  afterAll(async () => {
    await tgt?.tgtd.stop();
    await scratch?.remove();
  });

  async function volume(): Promise<string> {
    const id = randomUUID();
    await driver.createVolume(newStep(), { id, sizeGib: 1 }, { kind: 'blank' });
    return id;
  }

  async function exported(username: string): Promise<string> {
    const volumeId = await volume();
    const path = await driver.volumePath(volumeId);
    await target.exportVolume(newStep(), { volumeId, path, chap: chapOf(username), readonly: false });
    return volumeId;
  }

  const keep = () =>
    keepExports({
      ...{ target, driver, host: 'alpha', backend: 'one', log: pino({ level: 'silent' }) },
      withHostLock: (request, work) => withHostLock({ stateDir: scratch.path, ...request }, work),
      services: {
        wantedExports: () => Promise.resolve(wanted),
        report: () => Promise.reject(new Error('nobody reports here')),
        reportProgress: () => Promise.resolve(),
        targetSecret: () => Promise.resolve(null),
        imageAccess: () => Promise.resolve(null),
      },
    });

  async function restartTgtd(): Promise<void> {
    const { tgtd, options } = tgt;
    process.kill(tgtd.pid, 'SIGKILL');
    await tgtd.exited;
    const [logFile, pidFile] = [join(scratch.path, 'tgtd.log'), join(scratch.path, 'tgtd.pid')];
    const ports = { controlPort: options.tgt_control_port, portalPort: options.target_port };
    tgt = { options, tgtd: await eventually(() => startTgtd({ ...ports, logFile, pidFile })) };
  }

  it('come back under a running worker: of attachments and of running operations, not what was taken away', async () => {
    const [attached, read, removed] = [await exported('attached'), await exported('read'), await exported('removed')];
    wanted = [
      { volumeId: attached, readonly: false, chap: chapOf('attached'), attached: true },
      { volumeId: read, readonly: false, chap: chapOf('read'), attached: false },
      { volumeId: removed, readonly: false, chap: chapOf('removed'), attached: false },
    ];
    await target.removeExport(newStep(), removed);
    const keeping = await keep();
    await restartTgtd();
    expect(await target.listExports()).toEqual([]);
    await eventually(async () => expect((await target.listExports()).toSorted()).toEqual([attached, read].toSorted()));
    await keeping.stop();
    for (const id of [attached, read]) await target.removeExport(newStep(), id);
  });

  it('are there when the worker starts, but for one whose lock is held, which comes when it is let go', async () => {
    const [held, free] = [await volume(), await volume()];
    wanted = [held, free].map((volumeId) => ({ volumeId, readonly: false, chap: chapOf(volumeId.slice(0, 8)) }));
    let letGo = (): void => {};
    const released = new Promise<void>((resolve) => (letGo = resolve));
    const { signal } = new AbortController();
    const holding = withHostLock({ stateDir: scratch.path, resourceId: held, epoch: 1, signal }, () => released);
    const keeping = await keep();
    expect(await target.listExports()).toEqual([free]);
    letGo();
    await holding;
    await eventually(async () => expect((await target.listExports()).toSorted()).toEqual([held, free].toSorted()));
    await keeping.stop();
    for (const id of [held, free]) await target.removeExport(newStep(), id);
  });
});
