// The connector `libiscsi` against a real tgtd: the volume's bytes as a file, through iSCSI with CHAP.
import { randomBytes } from 'node:crypto';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { libiscsiOptions } from '../../drivers/connector/libiscsi/config.ts';
import { showLunAsFile } from '../../drivers/connector/libiscsi/commands.ts';
import { LibiscsiConnector } from '../../drivers/connector/libiscsi/driver.ts';
import { connectError } from '../../drivers/connector/libiscsi/parse.ts';
import { eventually } from '../../drivers/data/eventually.ts';
import { TgtTargetDriver } from '../../drivers/target/tgt/driver.ts';
import type { ConnectionInfo, ExportRequest } from '../../drivers/target/target.ts';
import { rememberedProcess } from '../../privileged/leftover.ts';
import { newStep, scratchDirectory } from './support/step.ts';
import { newChap, newExport } from './support/target-conformance.ts';
import { testTgtd, whyNoIscsi, type TestTgtd } from './support/tgtd.ts';

const reason = await whyNoIscsi();
const mib = 1024 ** 2;

describe('the libiscsi connector’s words', () => {
  it('keep the password off the command line and commas inside values', () => {
    const lun = {
      portal: '127.0.0.1:3260',
      iqn: 'iqn.x:y,z',
      lun: 1,
      initiator: 'iqn.x:me',
      readonly: true,
      mountpoint: '/s/disk',
    };
    const argv = showLunAsFile({ ...lun, chap: { username: 'u', passwordFile: '/s/password' } });
    expect(argv.join(' ')).toBe(
      'qemu-storage-daemon --object secret,id=chap,file=/s/password ' +
        '--blockdev driver=iscsi,node-name=lun,transport=tcp,portal=127.0.0.1:3260,target=iqn.x:y,,z,lun=1,' +
        'initiator-name=iqn.x:me,read-only=on,user=u,password-secret=chap ' +
        '--export type=fuse,id=file,node-name=lun,mountpoint=/s/disk,writable=off',
    );
  });

  it.each([
    [
      'iSCSI: Failed to connect to LUN : Failed to log in to target. Status: Authentication failure(513)',
      'PermissionDenied',
    ],
    [
      'iSCSI: Failed to connect to LUN : iscsi_service failed with : iscsi_service_reconnect_if_loggedin.',
      'Unreachable',
    ],
    ['iSCSI: Failed to connect to LUN : Failed to log in to target. Status: Target not found(515)', 'Unreachable'],
    ["Unknown driver 'iscsi'", 'CommandMissing'],
    ['', 'CommandFailed'],
  ])('take %j for what it means', (log, code) => {
    expect(connectError(log, '127.0.0.1:3260', 'iqn.x:y')).toMatchObject({ code });
  });
});

describe.skipIf(reason !== null)('the connector libiscsi', () => {
  let scratch: Awaited<ReturnType<typeof scratchDirectory>>;
  let running: TestTgtd;
  let target: TgtTargetDriver;
  let connector: LibiscsiConnector;
  let request: ExportRequest;
  let connection: ConnectionInfo;
  beforeAll(async () => {
    scratch = await scratchDirectory();
    running = await testTgtd(scratch.path);
    target = new TgtTargetDriver(running.options, scratch.path);
    connector = new LibiscsiConnector(libiscsiOptions.parse({ state_path: scratch.path, host: 'Compute-1' }));
  });
  afterAll(async () => {
    await running.tgtd.stop();
    await scratch.remove();
  });
  beforeEach(async () => {
    request = await newExport(scratch.path);
    connection = await target.exportVolume(newStep(), request);
  });
  afterEach(async () => {
    await connector.disconnect(newStep(), request.volumeId, connection);
    await target.removeExport(newStep(), request.volumeId);
  });

  const connect = () => connector.connect(newStep(), request.volumeId, connection, request.chap);
  const disconnect = () => connector.disconnect(newStep(), request.volumeId, connection);
  const daemonPid = () => rememberedProcess(join(scratch.path, 'connections', request.volumeId, 'pid'));

  async function write(path: string, position: number, data: Buffer): Promise<void> {
    const file = await open(path, 'r+');
    try {
      await file.write(data, 0, data.length, position);
    } finally {
      await file.close();
    }
  }

  async function read(path: string, position: number, length: number): Promise<Buffer> {
    const file = await open(path, 'r');
    try {
      return (await file.read(Buffer.alloc(length), 0, length, position)).buffer;
    } finally {
      await file.close();
    }
  }

  it('shows the volume’s bytes at a path, and what is written there is on the volume after disconnecting', async () => {
    const { path } = await connect();
    expect((await stat(path)).size).toBe(64 * mib);
    const data = randomBytes(8 * mib);
    await write(path, 3 * mib, data);
    expect((await read(path, 3 * mib, data.length)).equals(data)).toBe(true);
    await disconnect();
    expect((await read(request.path.path, 3 * mib, data.length)).equals(data)).toBe(true);
    expect(await readdir(join(scratch.path, 'connections'))).toEqual([]);
  });

  it('connects twice as once, and disconnects without complaint when it is not connected', async () => {
    const first = await connect();
    const pid = await daemonPid();
    expect(await connect()).toEqual(first);
    expect(await daemonPid()).toBe(pid);
    await disconnect();
    await disconnect();
  });

  it('leaves no password in a file or on a command line', async () => {
    await connect();
    const password = request.chap?.password ?? '';
    expect(await readFile(`/proc/${await daemonPid()}/cmdline`, 'utf8')).not.toContain(password);
    const directory = join(scratch.path, 'connections', request.volumeId);
    expect((await readdir(directory)).toSorted()).toEqual(['disk', 'log', 'pid']);
    expect(await readFile(join(directory, 'log'), 'utf8')).not.toContain(password);
  });

  it('is refused with a wrong secret, says so without it, and leaves nothing', async () => {
    const wrong = { ...newChap(), username: request.chap?.username ?? '' };
    const error: unknown = await connector
      .connect(newStep(), request.volumeId, connection, wrong)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'PermissionDenied',
      message: expect.stringContaining('Authentication failure'),
    });
    expect(String(error)).not.toContain(wrong.password);
    expect(await readdir(join(scratch.path, 'connections'))).toEqual([]);
  });

  it('connects again after its daemon was killed', async () => {
    const { path } = await connect();
    await write(path, 0, Buffer.alloc(mib, 5));
    process.kill((await daemonPid()) ?? 0, 'SIGKILL');
    await eventually('the daemon to end', { timeoutMs: 5_000 }, async () => (await daemonPid()) === null);
    const again = await connect();
    await write(again.path, mib, Buffer.alloc(mib, 6));
    await disconnect();
    expect((await read(request.path.path, mib, mib)).equals(Buffer.alloc(mib, 6))).toBe(true);
  });

  it('shows a read-only export that cannot be written', async () => {
    await target.removeExport(newStep(), request.volumeId);
    request = { ...request, readonly: true };
    connection = await target.exportVolume(newStep(), request);
    const { path } = await connect();
    await expect(write(path, 0, Buffer.alloc(512))).rejects.toThrow();
    expect((await read(path, 0, 512)).equals(Buffer.alloc(512))).toBe(true);
  });

  it('says which host and address it is, in os-brick’s words', async () => {
    expect(await connector.properties()).toMatchObject({
      initiator: 'iqn.2010-10.org.openstack:compute-1',
      host: 'Compute-1',
      ip: '127.0.0.1',
      multipath: false,
      os_type: 'linux',
    });
  });
});
