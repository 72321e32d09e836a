// Runs iscsiadm(8) and understands its exit codes.
import { StorageError, type StorageErrorCode } from '../../../domain/storage-errors.ts';
import type { Argv } from '../../../privileged/argv.ts';
import { runAsRoot } from '../../../privileged/root.ts';
import type { StepContext } from '../../step.ts';

/** A login gives up by itself after node.conn[0].timeo.login_timeout × its retries: 120 s by default. */
const silenceTimeoutMs = 150_000;

/** iscsiadm(8), "EXIT STATUS". */
export const exitCodes = { sessionExists: 15, noObjectsFound: 21 } as const;

const reasons: Readonly<Partial<Record<number, { readonly code: StorageErrorCode; readonly what: string }>>> = {
  4: { code: 'Unreachable', what: 'the portal cannot be reached' },
  8: { code: 'Unreachable', what: 'the portal does not answer' },
  5: { code: 'Unreachable', what: 'the target refuses the login' },
  11: { code: 'Unreachable', what: 'the target answers something strange' },
  12: { code: 'Unreachable', what: 'the target takes too long to answer' },
  19: { code: 'Missing', what: 'the target is not there' },
  20: { code: 'Misconfigured', what: 'iscsid does not run' },
  24: { code: 'PermissionDenied', what: 'the target refuses the CHAP secret' },
};

/** Answers the exit code if it is 0 or one of `alsoFine`. Throws StorageError. */
export async function iscsiadm(
  argv: Argv,
  step: Pick<StepContext, 'signal' | 'lockFd'>,
  alsoFine: readonly number[] = [],
): Promise<number> {
  const { signal, lockFd } = step;
  const okExitCodes = [0, ...alsoFine, ...Object.keys(reasons).map(Number)];
  const { exitCode, stderr } = await runAsRoot(argv, { silenceTimeoutMs, signal, lockFd, okExitCodes });
  const reason = exitCode === 0 || alsoFine.includes(exitCode) ? undefined : reasons[exitCode];
  if (!reason) return exitCode;
  const [, , , , iqn, , portal] = argv;
  throw new StorageError(reason.code, `${String(iqn)} at ${String(portal)}: ${reason.what}: ${stderr.trim()}`);
}
