// Runs tgtadm and understands its refusals.
import { StorageError } from '../../../domain/storage-errors.ts';
import type { Argv } from '../../../privileged/argv.ts';
import { runAsRoot } from '../../../privileged/root.ts';
import { CommandFailedError } from '../../../privileged/run.ts';
import type { StepContext } from '../../step.ts';

/** tgtadm answers in a few ms; one that waits longer is waiting for a tgtd that hangs. */
const silenceTimeoutMs = 30_000;
/** 10,000 targets print about 10 MB. */
const maxOutputChars = 128 * 1024 * 1024;

/** What tgtadm exits with when no tgtd listens on the control port: ENOTCONN, ECONNREFUSED, ENOENT. */
const notRunningExitCodes = [107, 111, 2];

export type Refusal = 'already exists' | "can't find";

/** Answers what tgtadm printed. Throws StorageError Unreachable when tgtd does not run. */
export async function tgtadm(argv: Argv, step?: Pick<StepContext, 'signal' | 'lockFd'>): Promise<string> {
  const { signal, lockFd } = step ?? {};
  try {
    const { stdout } = await runAsRoot(argv, { silenceTimeoutMs, maxOutputChars, signal, lockFd });
    return stdout;
  } catch (error) {
    if (error instanceof CommandFailedError && notRunningExitCodes.includes(error.exitCode)) {
      throw new StorageError('Unreachable', `tgtd does not answer (option tgt_control_port): ${error.message}`, {
        cause: error,
      });
    }
    throw error;
  }
}

/** Like `tgtadm`, where one refusal means that it is already so. True when the command changed something. */
export async function tgtadmUnless(refusal: Refusal, argv: Argv, step: StepContext): Promise<boolean> {
  try {
    await tgtadm(argv, step);
    return true;
  } catch (error) {
    if (error instanceof CommandFailedError && error.stderr.includes(refusal)) return false;
    throw error;
  }
}
