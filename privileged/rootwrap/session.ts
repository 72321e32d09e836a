// One connection to the root daemon: checks who asks and for what, runs the one command, tells how it went.
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync } from 'node:fs';
import type { Socket } from 'node:net';
import { shown, secret } from '../argv.ts';
import { startChild, type Child } from '../child.ts';
import { minimalEnvironment } from '../environment.ts';
import { startTicks } from '../process-group.ts';
import { accountOf } from './account.ts';
import type { Audit } from './audit.ts';
import { decide, Refusal, type Rules } from './decide.ts';
import { duplicateOf, peerOf, type Peer } from './kernel.ts';
import {
  eachLine,
  endOrderSchema,
  isProof,
  maxRequestChars,
  requestSchema,
  send,
  signedRequestSchema,
  type Request,
} from './protocol.ts';

export interface SessionRules extends Rules {
  readonly key: Buffer;
  /** Who may ask; root may as well. */
  readonly uid: number;
  readonly audit: Audit;
}

interface Client extends Peer {
  /** When it started, so that a later process with its pid is not taken for it. */
  readonly since: string | null;
}

/** Whoever connects and says nothing is let go. */
const requestTimeoutMs = 10_000;

/** Serves one connection; settles when its command has ended, also when whoever asked for it is long gone. */
export async function serve(socket: Socket, rules: SessionRules): Promise<void> {
  socket.on('error', () => socket.destroy());
  const refuse = (peer: Peer | null, by: 'peer' | 'authentication', why: string): void => {
    rules.audit.refused({ command: '', by, why, uid: peer?.uid, clientPid: peer?.pid });
    socket.destroy();
  };
  const peer = peerOf(socket);
  if (peer.uid !== rules.uid && peer.uid !== 0) return refuse(peer, 'peer', `user ${peer.uid} may not ask`);
  // Together with the proof that follows: this pid is the client's and nobody else's since.
  const since = await startTicks(peer.pid);
  const nonce = randomBytes(32).toString('hex');
  const conversation = converse(socket, nonce);
  const line = await conversation.request;
  if (line === null) return;
  const signed = parse(signedRequestSchema, line);
  if (!signed || !isProof(signed.proof, rules.key, nonce, signed.request)) {
    return refuse(peer, 'authentication', 'the request does not prove that it comes from who has the key');
  }
  const request = parse(requestSchema, signed.request);
  if (!request) return refuse(peer, 'authentication', 'not a request');
  const child = await start(socket, rules, { ...peer, since }, request);
  if (!child) return;
  conversation.obey(child, request.endsWithClient);
  const { exitCode, signal, startError, tooMuchOutput } = await child.ended;
  send(socket, { ended: { exitCode, signal, startError: startError?.message ?? null, tooMuchOutput } });
  socket.end();
}

/** Sends the nonce, hands out the first line, and takes what follows for orders to the command. */
function converse(
  socket: Socket,
  nonce: string,
): { request: Promise<string | null>; obey(child: Child, endsWithClient: boolean): void } {
  const early: string[] = [];
  let onOrder = (line: string): void => void early.push(line);
  let onGone = (): void => {};
  const request = new Promise<string | null>((resolve) => {
    const tooLate = setTimeout(() => socket.destroy(), requestTimeoutMs);
    let isFirst = true;
    eachLine(socket, maxRequestChars, (line) => {
      clearTimeout(tooLate);
      if (isFirst) resolve(line);
      else onOrder(line);
      isFirst = false;
    });
    socket.once('close', () => {
      clearTimeout(tooLate);
      resolve(null);
      onGone();
    });
  });
  send(socket, { nonce });
  const obey = (child: Child, endsWithClient: boolean): void => {
    onOrder = (line) => {
      const order = parse(endOrderSchema, line);
      if (order) void child.end(order.endAfterMs);
    };
    onGone = () => {
      // Otherwise it goes on, holding its lock, as a command of a killed worker that is root does.
      if (endsWithClient) void child.end(0);
    };
    early.forEach(onOrder);
    if (socket.destroyed) onGone();
  };
  return { request, obey };
}

/** Starts the command, or tells why not and answers null. */
async function start(socket: Socket, rules: SessionRules, client: Client, request: Request): Promise<Child | null> {
  const command = shown(request.words.map((word, i) => (request.secretWords.includes(i) ? secret(word) : word)));
  let lock: number | undefined;
  try {
    const { words, env, runAs, filter } = decide(rules, request.words);
    const account = accountOf(runAs);
    lock = request.lockFd === null ? undefined : await lockOf(client, request.lockFd);
    rules.audit.started(command, filter, client.uid);
    return startChild({
      words,
      env: minimalEnvironment(env),
      input: request.input,
      fd3: lock,
      account,
      // The daemon's death ends it as well: then nobody is left who would.
      endsWithParent: request.endsWithClient,
      maxOutputChars: request.maxOutputChars,
      onOutput: (stream, text) => send(socket, stream === 'stdout' ? { stdout: text } : { stderr: text }),
    });
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal('file', String(error));
    rules.audit.refused({ command, by: refusal.by, why: refusal.message, uid: client.uid, clientPid: client.pid });
    send(socket, { refused: { by: refusal.by, why: refusal.message } });
    socket.end();
    return null;
  } finally {
    if (lock !== undefined) closeSync(lock);
  }
}

/** The open file itself, not its name: the lock on it is then the command's too. Throws Refusal. */
async function lockOf(client: Client, fd: number): Promise<number> {
  let copy: number;
  try {
    copy = duplicateOf(client.pid, fd);
  } catch (error) {
    throw new Refusal(
      'file',
      `its lock cannot be taken over: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const file = fstatSync(copy);
  const isItsOwn = file.isFile() && (file.uid === client.uid || client.uid === 0);
  if (isItsOwn && (await startTicks(client.pid)) === client.since) return copy;
  closeSync(copy);
  throw new Refusal('file', 'what it names as its lock is not a file of its own');
}

function parse<T>(schema: { safeParse(value: unknown): { success: boolean; data?: T } }, text: string): T | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
