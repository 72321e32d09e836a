// The lab VM itself: what the other tests of this suite, and of others, rely on.
import { stat, writeFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLabVm, type LabVm } from './vm/lab-vm.ts';
import { whyNoLab } from './vm/probe.ts';

const reason = await whyNoLab();

describe.skipIf(reason !== null)('the lab VM', () => {
  let vm: LabVm;
  beforeAll(async () => {
    vm = await startLabVm({ disks: ['64M'], modules: ['dm-mod'] });
  });
  afterAll(() => vm?.stop());

  it('runs commands on its own kernel, with input, and hands on output and exit code', async () => {
    expect((await vm.exec(['uname', '-r'])).stdout.trim()).not.toBe('');
    expect(await vm.exec(['sh', '-c', 'cat; echo oops >&2; exit 3'], { stdin: 'hello' })).toMatchObject({
      exitCode: 3,
      stdout: 'hello',
      stderr: 'oops\n',
    });
    expect((await vm.exec(['cat', '/proc/devices'])).stdout).toContain('device-mapper');
  });

  it('reads and writes its disks', async () => {
    await vm.files.writeAt('/dev/vda', 4096, Buffer.from('lab'));
    expect((await vm.files.readAt('/dev/vda', 4095, 5)).toString()).toBe('\0lab\0');
  });

  it('sees the host’s files and cannot change them, even as root', async () => {
    const path = join(vm.sharedDirectory, 'from-the-host');
    await writeFile(path, 'one');
    expect((await vm.exec(['cat', path])).stdout).toBe('one');
    await vm.mustExec(['sh', '-c', `echo two > ${path}; echo three > /etc/scoria-lab-was-here`]);
    const remount = 'mkdir /run/lower; mount -t virtiofs hostroot /run/lower && echo four > /run/lower/etc/scoria-lab';
    expect((await vm.exec(['sh', '-c', remount])).exitCode).not.toBe(0);
    await expect(stat('/etc/scoria-lab-was-here')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(stat('/etc/scoria-lab')).rejects.toMatchObject({ code: 'ENOENT' });
    await rm(path);
  });

  it('reaches servers on the host’s loopback', async () => {
    const server = createServer((_request, response) => response.end('from the host'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const script = `fetch('http://10.0.2.2:${port}').then((r) => r.text()).then(console.log)`;
    expect((await vm.exec([process.execPath, '-e', script])).stdout).toBe('from the host\n');
    await new Promise((resolve) => server.close(resolve));
  });

  it('ends a command that hangs', async () => {
    await expect(vm.exec(['sleep', '600'], { timeoutMs: 500 })).rejects.toMatchObject({ code: 'CommandTimeout' });
  });
});
