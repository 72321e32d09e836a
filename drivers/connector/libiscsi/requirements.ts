// Says what this host lacks for the libiscsi connector.
import { access, constants } from 'node:fs/promises';
import { findProgram } from '../../../privileged/find-program.ts';
import { run } from '../../../privileged/run.ts';

/** A sentence for a person, or null when nothing is missing. */
export async function missingForLibiscsi(): Promise<string | null> {
  if ((await findProgram('qemu-storage-daemon')) === null)
    return 'qemu-storage-daemon is missing (Debian package qemu-system-common)';
  const device = await access('/dev/fuse', constants.R_OK | constants.W_OK).then(
    () => null,
    () => '/dev/fuse cannot be opened',
  );
  if (device !== null) return device;
  // `qemu-img --help` lists the driver even where its module is not installed; opening says which of the two it is.
  const argv = ['qemu-img', 'info', 'iscsi://127.0.0.1:1/iqn.none/1'] as const;
  const { stderr } = await run(argv, { silenceTimeoutMs: 10_000, okExitCodes: [0, 1] });
  return /Unknown (?:protocol|driver)/.test(stderr)
    ? "QEMU's iscsi driver is missing (Debian package qemu-block-extra)"
    : null;
}
