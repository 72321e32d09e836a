// The worker's side of the root daemon: starts a command there as if it were a child of its own.
import { connect, type Socket } from 'node:net';
import { StorageError } from '../../domain/storage-errors.ts';
import type { Child, ChildEnd, ChildSpec } from '../child.ts';
import { eachLine, proofOf, replySchema, send, type Reply, type Request } from './protocol.ts';

/** Where a root daemon listens, and what it takes for a proof. */
export interface DaemonAccess {
  readonly socketPath: string;
  readonly key: Buffer;
}

export interface RemoteSpec extends Omit<ChildSpec, 'env' | 'account'> {
  /** Places in `words` that the daemon's log must not show. */
  readonly secretWords: readonly number[];
}

/** A command may print at most this many characters at once before its line is cut by the pipe; JSON doubles some. */
const maxReplyChars = 16 * 1024 * 1024;

export class RootDaemonClient {
  readonly #launch: () => Promise<DaemonAccess>;
  #access: Promise<DaemonAccess> | null = null;

  /** `launch` starts a daemon, or finds one; asked again when the last one has gone (its time-out). */
  constructor(launch: () => Promise<DaemonAccess>) {
    this.#launch = launch;
  }

  /** Its `ended` holds as `startError` a StorageError PermissionDenied, CommandMissing, Unreachable or Misconfigured. */
  start(spec: RemoteSpec): Child {
    const order: EndOrder = { graceMs: null, socket: null };
    const ended = this.#run(spec, order).catch((error: unknown) => neverStarted(error));
    return {
      pid: undefined,
      ended,
      end: async (graceMs) => {
        order.graceMs = graceMs;
        if (order.socket) send(order.socket, { endAfterMs: graceMs });
        await endedWithin(ended, graceMs + unkillableMs);
      },
    };
  }

  async #run(spec: RemoteSpec, order: EndOrder): Promise<ChildEnd> {
    const { socket, nonce, access } = await this.#greeted();
    try {
      return await converse(socket, { nonce, key: access.key }, spec, order);
    } finally {
      socket.destroy();
    }
  }

  /** A connection whose daemon has answered. One that has just gone is replaced, once: it has not been asked yet. */
  async #greeted(): Promise<Greeted> {
    for (let attempt = 1; ; attempt += 1) {
      this.#access ??= this.#launch();
      const mine = this.#access;
      try {
        const access = await mine;
        return { access, ...(await greeting(access.socketPath)) };
      } catch (error) {
        if (this.#access === mine) this.#access = null;
        if (attempt === 2 || error instanceof StorageError) throw error;
      }
    }
  }
}

interface Greeted {
  readonly socket: Socket;
  readonly nonce: string;
  readonly access: DaemonAccess;
}

interface EndOrder {
  /** Set when the command is to end, be it started or not. */
  graceMs: number | null;
  socket: Socket | null;
}

const unkillableMs = 5_000;
const greetingTimeoutMs = 10_000;

async function greeting(socketPath: string): Promise<{ socket: Socket; nonce: string }> {
  const socket = connect(socketPath);
  return new Promise((resolve, reject) => {
    socket.setTimeout(greetingTimeoutMs, () => socket.destroy(new Error('the root daemon does not answer')));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the root daemon has let go')));
    eachLine(socket, maxReplyChars, (line) => {
      const reply = replySchema.parse(JSON.parse(line));
      if ('nonce' in reply) {
        socket.setTimeout(0);
        resolve({ socket, nonce: reply.nonce });
      } else socket.emit('reply', reply);
    });
  });
}

/** Sends the request and collects what comes back. */
async function converse(
  socket: Socket,
  { nonce, key }: { nonce: string; key: Buffer },
  spec: RemoteSpec,
  order: EndOrder,
): Promise<ChildEnd> {
  const collected = { stdout: '', stderr: '' };
  return new Promise((resolve, reject) => {
    const lost = (): void =>
      reject(new StorageError('Unreachable', 'the root daemon went away while the command ran; it may run still'));
    socket.removeAllListeners('error').on('error', lost).on('close', lost);
    socket.on('reply', (reply: Reply) => {
      if ('stdout' in reply) {
        collected.stdout += reply.stdout;
        spec.onOutput('stdout', reply.stdout);
      } else if ('stderr' in reply) {
        collected.stderr += reply.stderr;
        spec.onOutput('stderr', reply.stderr);
      } else if ('refused' in reply) reject(refusalOf(reply.refused, spec));
      else if ('ended' in reply) resolve(endOf(reply.ended, collected));
    });
    const request = JSON.stringify(requestOf(spec));
    send(socket, { request, proof: proofOf(key, nonce, request) });
    order.socket = socket;
    if (order.graceMs !== null) send(socket, { endAfterMs: order.graceMs });
  });
}

function requestOf(spec: RemoteSpec): Request {
  return {
    words: [...spec.words],
    secretWords: [...spec.secretWords],
    input: spec.input,
    lockFd: spec.fd3 ?? null,
    endsWithClient: spec.endsWithParent ?? false,
    maxOutputChars: spec.maxOutputChars,
  };
}

function refusalOf({ by, why }: { by: string; why: string }, { words, secretWords }: RemoteSpec): StorageError {
  const command = words.map((word, i) => (secretWords.includes(i) ? '***' : word)).join(' ');
  return by === 'program'
    ? new StorageError('CommandMissing', `${why}: ${command}`)
    : new StorageError('PermissionDenied', `not run as root, ${why}: ${command}`);
}

function endOf(
  ended: Extract<Reply, { ended: object }>['ended'],
  collected: { stdout: string; stderr: string },
): ChildEnd {
  const { exitCode, signal, startError, tooMuchOutput } = ended;
  return {
    exitCode,
    signal: signal as NodeJS.Signals | null,
    startError: startError === null ? null : new Error(startError),
    tooMuchOutput,
    ...collected,
  };
}

function neverStarted(error: unknown): ChildEnd {
  const startError =
    error instanceof StorageError
      ? error
      : new StorageError('Unreachable', `the root daemon cannot be reached: ${String(error)}`);
  return { exitCode: null, signal: null, startError, tooMuchOutput: false, stdout: '', stderr: '' };
}

async function endedWithin(ended: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([ended, overdue]);
  clearTimeout(timer);
}
