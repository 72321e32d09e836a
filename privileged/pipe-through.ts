// Sends bytes through one command, such as a compressor, and hands out what it prints, piece by piece.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { StorageError } from '../domain/storage-errors.ts';
import { revealed, shown, type Argv } from './argv.ts';
import { minimalEnvironment } from './environment.ts';
import { signalGroup } from './process-group.ts';
import { CommandFailedError } from './run.ts';
import { SilenceTimer } from './silence-timer.ts';

export interface PipeOptions {
  /** Longest time without a byte taken or given, not counting the time that the reader of the answer needs. */
  readonly silenceTimeoutMs: number;
  readonly signal: AbortSignal;
}

type Filter = ChildProcessByStdio<Writable, Readable, Readable>;

const maxErrorChars = 4_096;

/**
 * What `argv` prints when it is fed with `data`. A piece of `data` may be overwritten once the next one is asked for.
 * The command ends with its reader, and with this process. Throws what `data` throws, CommandMissing, CommandTimeout,
 * CommandFailedError, or the signal's reason.
 */
export async function* pipeThrough(
  argv: Argv,
  data: AsyncIterable<Uint8Array>,
  { silenceTimeoutMs, signal }: PipeOptions,
): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  const child = start(argv);
  const end = endOf(child, argv);
  const fed = { failure: null as Error | null };
  const kill = (): void => void (child.pid !== undefined && signalGroup(child.pid, 'SIGKILL'));
  let silent = false;
  const timer = (): SilenceTimer =>
    new SilenceTimer(silenceTimeoutMs, undefined, () => {
      silent = true;
      kill();
    });
  let silence = timer();
  signal.addEventListener('abort', kill, { once: true });
  const feeding = feed(child.stdin, data, () => silence.reset()).catch((error: unknown) => {
    fed.failure = error as Error;
    kill();
  });
  try {
    for await (const bytes of child.stdout) {
      silence.stop();
      yield bytes as Uint8Array;
      silence = timer();
    }
    const failure = await end;
    await feeding;
    signal.throwIfAborted();
    if (fed.failure !== null) throw fed.failure;
    if (silent) throw new StorageError('CommandTimeout', `${shown(argv)}: was silent for ${silenceTimeoutMs} ms`);
    if (failure) throw failure;
  } finally {
    silence.stop();
    signal.removeEventListener('abort', kill);
    kill();
    child.stdin.destroy();
    await feeding;
  }
}

function start(argv: Argv): Filter {
  // In a group of its own, so that ending it ends what it has started; the kernel ends it when this process dies.
  const words: readonly string[] = ['setpriv', '--pdeathsig', 'KILL', '--', ...revealed(argv)];
  const [program = '', ...args] = words;
  return spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: minimalEnvironment(),
    detached: true,
  });
}

/** Settles when the command has ended: null = well. */
function endOf(child: Filter, argv: Argv): Promise<Error | null> {
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-maxErrorChars)));
  const missing = (why: string): Error => new StorageError('CommandMissing', `${shown(argv)}: ${why.trim()}`);
  return new Promise((resolve) => {
    child.once('error', ({ message }) => resolve(missing(message)));
    child.once('close', (exitCode) => {
      if (exitCode === 0) resolve(null);
      // What setpriv answers when the program behind it is not there.
      else resolve(exitCode === 127 ? missing(errors) : new CommandFailedError(argv, exitCode ?? -1, errors));
    });
  });
}

/** A command that closes its input has ended: why, its exit code says. */
async function feed(stdin: Writable, data: AsyncIterable<Uint8Array>, onTaken: () => void): Promise<void> {
  let isOpen = true;
  stdin.on('error', () => (isOpen = false));
  stdin.on('close', () => (isOpen = false));
  for await (const bytes of data) {
    if (!isOpen) return;
    await new Promise<void>((resolve) => {
      stdin.once('close', resolve);
      stdin.write(bytes, () => {
        stdin.removeListener('close', resolve);
        resolve();
      });
    });
    onTaken();
  }
  stdin.end();
}
