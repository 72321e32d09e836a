// Boots the lab VM: a real Linux kernel with device mapper, SCSI, iSCSI and NFS, over this machine's own files.
//
//   const vm = await startLabVm({ disks: ['4G'], modules: ['dm-mod'] });
//   await vm.exec(['lvs', '--reportformat', 'json']);                    → { exitCode, stdout, stderr }
//   const lvm = await vm.load<typeof import('./lvm-guest.ts')>('test/lab/guest/lvm-guest.ts');
//
// The host's files are read-only there below a layer in memory: whatever a test writes is gone with the VM, and host
// paths are the same inside. The host's loopback is 10.0.2.2. Nothing in it starts by itself: no systemd, no services.
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon, type Daemon } from '../../../privileged/daemon.ts';
import type { RunResult } from '../../../privileged/run.ts';
import { freePort } from '../../driver/support/step.ts';
import { bundle } from './bundle.ts';
import { startScript } from './guest-scripts.ts';
import { shareHostFiles } from './host-files.ts';
import { buildLabImage, lastLines, type LabImage } from './initramfs.ts';
import { openLink, type LabLink } from './link.ts';

export interface LabVmOptions {
  /** Empty disks /dev/vda, /dev/vdb, … by size, as truncate(1) writes it: `4G`. They take space as they are written. */
  readonly disks?: readonly `${number}${'M' | 'G'}`[];
  /** Kernel modules to load: without udev nothing loads them by itself. */
  readonly modules?: readonly string[];
  /** TCP ports of the VM that the host wants to reach; `forwarded` says where. */
  readonly forward?: readonly number[];
  /** Runs systemd-udevd, for /dev/disk/by-path; LVM then uses the host's own lvm.conf and is slower. */
  readonly udev?: boolean;
  readonly memoryMib?: number;
}

export interface ExecOptions {
  readonly stdin?: string;
  /** Longest time without output. Default 60 s. */
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface LabVm {
  /** Runs one command; any exit code is an answer. Throws when it cannot be started or hangs. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<RunResult>;
  /** As `exec`, but an exit code other than 0 is thrown with what was printed; answers stdout. */
  mustExec(argv: readonly string[], options?: ExecOptions): Promise<string>;
  /**
   * Bundles a module of the project, loads it in the VM, and answers its exported functions: they run there. Arguments
   * and results are JSON and Buffers; instances of classes stay there and are called from here; a StepContext keeps
   * its signal and its progress; a StorageError stays one.
   */
  load<T extends object>(modulePath: string): Promise<T>;
  /** Bytes of the VM's files and devices. */
  readonly files: {
    readAt(path: string, position: number, length: number): Promise<Buffer>;
    writeAt(path: string, position: number, data: Buffer): Promise<void>;
  };
  /** By port of the VM: the port on 127.0.0.1 that leads there. */
  readonly forwarded: ReadonlyMap<number, number>;
  /** A directory of the host that the VM sees under the same path, to hand it files. */
  readonly sharedDirectory: string;
  /** Ends it; nothing of it is left. */
  stop(): Promise<void>;
}

const bootTimeoutMs = 90_000;
const defaultMemoryMib = 1_024;

/** Takes about 4 s on a quiet machine. Throws with the console's last lines when it does not come up. */
export async function startLabVm(options: LabVmOptions = {}): Promise<LabVm> {
  const directory = await mkdtemp(join(tmpdir(), 'scoria-labvm-'));
  const [image, link] = [await buildLabImage(), await openLink()];
  const running: Daemon[] = [];
  const stop = async (): Promise<void> => {
    link.close('the lab VM was stopped');
    for (const daemon of running.toReversed()) await daemon.stop(10_000);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await prepare(directory, image, options);
    running.push(await shareHostFiles(directory));
    const forwarded = new Map<number, number>();
    for (const port of options.forward ?? []) forwarded.set(port, await freePort());
    const qemu = await startDaemon({
      command: 'qemu-system-x86_64',
      args: qemuArguments({ directory, image, link, options, forwarded }),
      logFile: join(directory, 'qemu.log'),
      stopSignal: 'SIGTERM',
    });
    running.push(qemu);
    void qemu.exited.then(() => link.close('the lab VM has ended'));
    await cameUp(link, qemu, directory);
    return labVm({ link, directory, forwarded, stop: () => stopGently(link, qemu).then(stop) });
  } catch (error) {
    await stop();
    throw error;
  }
}

async function prepare(directory: string, { initramfs }: LabImage, options: LabVmOptions): Promise<void> {
  const { modules = [], udev = false, disks = [] } = options;
  await writeFile(join(directory, 'initramfs'), initramfs);
  await writeFile(join(directory, 'start.sh'), startScript({ nodePath: process.execPath, modules, udev }));
  await bundle('test/lab/vm/agent.ts', join(directory, 'agent.mjs'));
  for (const [index, size] of disks.entries()) {
    const path = join(directory, `disk${index}`);
    await (await open(path, 'wx')).close();
    await truncate(path, Number.parseFloat(size) * (size.endsWith('G') ? 1024 ** 3 : 1024 ** 2));
  }
}

interface Machine {
  readonly directory: string;
  readonly image: LabImage;
  readonly link: LabLink;
  readonly options: LabVmOptions;
  readonly forwarded: ReadonlyMap<number, number>;
}

/** TCG: nested virtualization is rare. cache=unsafe: the disks die with the VM. romfile= : no network boot. */
function qemuArguments({ directory, image: { kernel }, link, options, forwarded }: Machine): readonly string[] {
  const memory = options.memoryMib ?? defaultMemoryMib;
  const hostfwd = [...forwarded].map(([inside, outside]) => `,hostfwd=tcp:127.0.0.1:${outside}-:${inside}`);
  const words = [
    'console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off nokaslr random.trust_cpu=on tsc=reliable net.ifnames=0',
    `lab.run=${directory} lab.modules=${join(kernel.root, 'lib/modules', kernel.release)}`,
    `lab.port=${link.port} lab.token=${link.token}`,
  ];
  return [
    ...['-accel', 'tcg,thread=multi,tb-size=256', '-machine', 'q35', '-cpu', 'max', '-smp', '1', '-m', String(memory)],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-serial', `file:${join(directory, 'console')}`, '-device', 'virtio-rng-pci'],
    ...['-object', `memory-backend-memfd,id=memory,size=${memory}M,share=on`, '-numa', 'node,memdev=memory'],
    ...['-chardev', `socket,id=files,path=${join(directory, 'files.sock')}`],
    ...['-device', 'vhost-user-fs-pci,queue-size=1024,chardev=files,tag=hostroot'],
    ...['-netdev', `user,id=net${hostfwd.join('')}`, '-device', 'virtio-net-pci,netdev=net,romfile='],
    ...(options.disks ?? []).flatMap((_size, i) => [
      ...[
        '-drive',
        `file=${join(directory, `disk${i}`)},if=none,format=raw,cache=unsafe,discard=unmap,detect-zeroes=unmap,id=disk${i}`,
      ],
      ...['-device', `virtio-blk-pci,drive=disk${i},serial=lab${i}`],
    ]),
    ...['-kernel', kernel.imagePath, '-initrd', join(directory, 'initramfs'), '-append', words.join(' ')],
  ];
}

async function cameUp(link: LabLink, qemu: Daemon, directory: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`not up after ${bootTimeoutMs} ms`), bootTimeoutMs);
  });
  const ended = qemu.exited.then(({ code }) => `QEMU ended with ${String(code)}`);
  const problem = await Promise.race([link.up.then(() => null), ended, late]);
  clearTimeout(timer);
  if (problem === null) return;
  const said = [await lastLines(join(directory, 'console')), await lastLines(join(directory, 'qemu.log'))];
  throw new Error(`the lab VM did not come up: ${problem}\n${said.join('\n')}`);
}

/** The agent ends, and the VM with it: a second or two. */
async function stopGently(link: LabLink, qemu: Daemon): Promise<void> {
  link.close('the lab VM was stopped');
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, 5_000)));
  await Promise.race([qemu.exited, late]);
  clearTimeout(timer);
}

function labVm(parts: Pick<LabVm, 'forwarded' | 'stop'> & { link: LabLink; directory: string }): LabVm {
  const { link, directory, forwarded, stop } = parts;
  const exec: LabVm['exec'] = async (argv, { stdin = '', timeoutMs = 60_000, env = {} } = {}) =>
    (await link.ask({ do: 'exec', argv, stdin, timeoutMs, env })) as RunResult;
  let bundles = 0;
  return {
    exec,
    async mustExec(argv, options) {
      const { exitCode, stdout, stderr } = await exec(argv, options);
      if (exitCode === 0) return stdout;
      throw new Error(`${argv.join(' ')}: exit code ${exitCode}\n${stdout}${stderr}`.trim());
    },
    async load<T extends object>(modulePath: string) {
      const outfile = join(directory, `module-${(bundles += 1)}.mjs`);
      await bundle(modulePath, outfile);
      return link.load<T>(outfile);
    },
    files: link.builtIn<LabVm['files']>(0, ['readAt', 'writeAt']),
    forwarded,
    sharedDirectory: directory,
    stop,
  };
}
