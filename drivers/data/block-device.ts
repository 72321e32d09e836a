// Copies and erases block devices with dd, whose progress is what it says on stderr.
import type { Argv } from '../../privileged/argv.ts';
import { runAsRoot } from '../../privileged/root.ts';
import type { StepContext } from '../step.ts';

/** dd reports every second; a disk that takes nothing in this time is taken for hung. */
const silenceTimeoutMs = 120_000;

export interface DeviceCopy {
  readonly from: string;
  readonly to: string;
  readonly lengthBytes: number;
  /** dd's `bs`: `1M`. */
  readonly blockSize: string;
  /** True when `to` reads as zeros so far: blocks of zeros are then not written. */
  readonly skipZeros: boolean;
}

/** Past the page cache on both sides, so that a copy of terabytes does not push everything else out of it. */
export const copyCommand = ({ from, to, lengthBytes, blockSize, skipZeros }: DeviceCopy): Argv => [
  'dd',
  ...[`if=${from}`, `of=${to}`, `bs=${blockSize}`, `count=${lengthBytes}`, 'iflag=count_bytes,direct'],
  ...['oflag=direct', skipZeros ? 'conv=fsync,sparse' : 'conv=fsync', 'status=progress'],
];

export interface DeviceErasure {
  readonly path: string;
  readonly lengthBytes: number;
  readonly blockSize: string;
  /** Arguments of ionice(1) as an operator writes them (`-c3`, `-c 2 -n 7`), or null. */
  readonly ionice: string | null;
}

export const eraseCommand = ({ path, lengthBytes, blockSize, ionice }: DeviceErasure): Argv => {
  const dd: Argv = [
    'dd',
    ...['if=/dev/zero', `of=${path}`, `bs=${blockSize}`, `count=${lengthBytes}`, 'iflag=count_bytes'],
    ...['oflag=direct', 'conv=fsync', 'status=progress'],
  ];
  const classes = ionice === null ? [] : [...ionice.replaceAll(/\s/g, '').matchAll(/-[cn]\d/g)].map(([word]) => word);
  return classes.length === 0 ? dd : ['ionice', ...classes, ...dd];
};

/** Copies the first `lengthBytes` and waits until they are on the disk. */
export async function copyDevice(step: StepContext, copy: DeviceCopy): Promise<void> {
  await runDd(step, copyCommand(copy), copy.lengthBytes);
}

/** Writes zeros over the first `lengthBytes` and waits until they are on the disk. */
export async function eraseDevice(step: StepContext, erasure: DeviceErasure): Promise<void> {
  if (erasure.lengthBytes > 0) await runDd(step, eraseCommand(erasure), erasure.lengthBytes);
}

async function runDd(step: StepContext, argv: Argv, bytesTotal: number): Promise<void> {
  await runAsRoot(argv, {
    silenceTimeoutMs,
    signal: step.signal,
    lockFd: step.lockFd,
    // Whoever comes next copies, or erases, from the start.
    endsWithParent: true,
    onErrorOutput: (text) => {
      const bytesDone = bytesInProgress(text);
      if (bytesDone !== null) step.reportProgress(bytesDone, bytesTotal);
    },
  });
  step.reportProgress(bytesTotal, bytesTotal);
}

/** The last `N bytes (…) copied` in what dd printed; null when there is none. */
export function bytesInProgress(text: string): number | null {
  const last = [...text.matchAll(/(?:^|\r|\n)(\d+) bytes? .*?copied/g)].at(-1);
  return last ? Number(last[1]) : null;
}
