// Runs one command of a driver to its end: no shell, a fixed environment, a limit on silence, errors of our own.
//
//   run(argv, {silenceTimeoutMs, signal?, lockFd?, input?, okExitCodes?, env?, onOutput?, watch?, endsWithParent?})
//     → {stdout, stderr, exitCode}   throws StorageError CommandMissing | CommandTimeout | CommandFailed, or the
//     signal's reason when it was aborted. Words made by secret('…') never show in an error.
import { StorageError, type StorageErrorCode } from '../domain/storage-errors.ts';
import { revealed, shown, withoutSecrets, type Argv } from './argv.ts';
import { startChild, type Child, type ChildEnd, type ChildSpec } from './child.ts';
import { minimalEnvironment } from './environment.ts';
import { SilenceTimer } from './silence-timer.ts';

export interface RunOptions {
  /** Longest time without a byte of output (or a change of `watch`); for a command that prints nothing, its limit. */
  readonly silenceTimeoutMs: number;
  /** Aborting it ends the command and everything that it has started. */
  readonly signal?: AbortSignal;
  /** Inherited by the command as descriptor 3, so that an orphan of ours keeps the lock on it. */
  readonly lockFd?: number;
  /** Written to the command's standard input; otherwise that is empty. */
  readonly input?: string;
  /** Exit codes that are answers and not failures; default only 0. */
  readonly okExitCodes?: readonly number[];
  /** Added to the minimal environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Sees stdout as it comes, for progress. */
  readonly onOutput?: (text: string) => void;
  /** Sees stderr as it comes: dd tells its progress there. */
  readonly onErrorOutput?: (text: string) => void;
  /** For commands that work silently: asked every second; a changed answer counts as output. */
  readonly watch?: () => Promise<number>;
  /** True: the kernel kills it when this process dies. For work that a successor throws away anyway. */
  readonly endsWithParent?: boolean;
  /** Longest stdout or stderr kept, in characters; more fails the command. Default 16 Mi. */
  readonly maxOutputChars?: number;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

const killGraceMs = 5_000;
const stderrLines = 5;
const defaultMaxOutputChars = 16 * 1024 * 1024;

/** Runs `argv` as this process's own user. See the top of the file. */
export async function run(argv: Argv, options: RunOptions): Promise<RunResult> {
  return runBy(startChild, argv, options);
}

/** As `run`, with the process started by `start`: as another user, or by another process. */
export async function runBy(start: (spec: ChildSpec) => Child, argv: Argv, options: RunOptions): Promise<RunResult> {
  options.signal?.throwIfAborted();
  const end = new AbortController();
  const silence = new SilenceTimer(options.silenceTimeoutMs, options.watch, () => end.abort('silence'));
  const onAbort = (): void => end.abort('aborted');
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const child = start({
    words: revealed(argv),
    endsWithParent: options.endsWithParent,
    env: minimalEnvironment(options.env),
    input: options.input ?? '',
    fd3: options.lockFd,
    maxOutputChars: options.maxOutputChars ?? defaultMaxOutputChars,
    onOutput: (stream, text) => {
      silence.reset();
      (stream === 'stdout' ? options.onOutput : options.onErrorOutput)?.(text);
    },
  });
  try {
    await endedOrStopped(child, end.signal);
  } finally {
    silence.stop();
    options.signal?.removeEventListener('abort', onAbort);
  }
  if (end.signal.reason === 'aborted') throw options.signal?.reason;
  if (end.signal.aborted) {
    throw failure('CommandTimeout', argv, `printed nothing for ${options.silenceTimeoutMs} ms and was ended`, '');
  }
  return answer(argv, await child.ended, options.okExitCodes ?? [0]);
}

async function endedOrStopped(child: Child, stop: AbortSignal): Promise<void> {
  const stopped = new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
  await Promise.race([child.ended, stopped]);
  if (stop.aborted) await child.end(killGraceMs);
}

function answer(argv: Argv, end: ChildEnd, okExitCodes: readonly number[]): RunResult {
  const { exitCode, stdout, stderr } = end;
  if (end.startError instanceof StorageError) throw end.startError;
  if (end.startError) throw missing(argv, end.startError.message);
  if (end.tooMuchOutput) throw failure('UnexpectedOutput', argv, 'printed more than is believable', stderr);
  if (exitCode === null) throw failure('CommandFailed', argv, `was ended by ${end.signal}`, stderr);
  // 127: what `setpriv` and `sudo` answer when the program behind them is missing.
  if (exitCode === 127 && !okExitCodes.includes(127)) throw missing(argv, stderr);
  if (!okExitCodes.includes(exitCode)) throw new CommandFailedError(argv, exitCode, stderr);
  return { stdout, stderr, exitCode };
}

/** A command ended with an exit code that is not an answer. `stderr` holds no secrets. */
export class CommandFailedError extends StorageError {
  readonly exitCode: number;
  readonly stderr: string;

  constructor(argv: Argv, exitCode: number, stderr: string) {
    super('CommandFailed', messageOf(argv, `exit code ${exitCode}`, stderr));
    this.exitCode = exitCode;
    this.stderr = withoutSecrets(stderr, argv);
  }
}

function failure(code: StorageErrorCode, argv: Argv, what: string, stderr: string): StorageError {
  return new StorageError(code, messageOf(argv, what, stderr));
}

function missing(argv: Argv, why: string): StorageError {
  return failure('CommandMissing', argv, `could not be started (${withoutSecrets(why.trim(), argv)})`, '');
}

function messageOf(argv: Argv, what: string, stderr: string): string {
  const lastLines = withoutSecrets(stderr, argv).trim().split('\n').slice(-stderrLines).join('\n');
  return `${shown(argv)}: ${what}${lastLines ? `: ${lastLines}` : ''}`;
}
