// Runs inside the lab VM: carries out commands, and holds the drivers and workers that the host's tests call.
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect } from 'node:net';
import { pathToFileURL } from 'node:url';
import { run } from '../../../privileged/run.ts';
import {
  errorToWire,
  fromWire,
  lineReader,
  toWire,
  type Answer,
  type RemoteObject,
  type Request,
  type WireStep,
} from './protocol.ts';

const hostAddress = '10.0.2.2';
const commandLine = readFileSync('/proc/cmdline', 'utf8');
const setting = (name: string): string => new RegExp(`\\blab\\.${name}=(\\S+)`).exec(commandLine)?.[1] ?? '';

/** What every test may call without loading a module: bytes of files and devices. */
const files = {
  async readAt(path: string, position: number, length: number): Promise<Buffer> {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  },
  async writeAt(path: string, position: number, data: Buffer): Promise<void> {
    const file = await open(path, 'r+');
    try {
      await file.write(data, 0, data.length, position);
      await file.sync();
    } finally {
      await file.close();
    }
  },
};

const objects: object[] = [files];
const aborts = new Map<number, AbortController>();

const socket = connect(Number(setting('port')), hostAddress);
const say = (answer: Answer): void => void socket.write(`${JSON.stringify(answer)}\n`);
socket.on('connect', () => say({ hello: setting('token') }));
// The host has gone, or wants no more: the VM is of no use to anyone then.
socket.on('close', () => process.exit(0));
socket.on('error', (error) => {
  console.error(`LAB: the host does not answer: ${error.message}`);
  process.exit(1);
});
socket.on(
  'data',
  lineReader<Request>((request) => {
    if (request.do === 'quit') process.exit(0);
    if (request.do === 'abort') return aborts.get(request.id)?.abort(new Error('cancelled'));
    void answerTo(request);
  }),
);

async function answerTo(request: Exclude<Request, { do: 'quit' | 'abort' }>): Promise<void> {
  const { id } = request;
  const abort = new AbortController();
  aborts.set(id, abort);
  try {
    say({ id, value: await carryOut(request, abort.signal) });
  } catch (error) {
    say({ id, error: errorToWire(error) });
  } finally {
    aborts.delete(id);
  }
}

async function carryOut(request: Exclude<Request, { do: 'quit' | 'abort' }>, signal: AbortSignal): Promise<unknown> {
  if (request.do === 'load') return kept((await import(pathToFileURL(request.path).href)) as object);
  if (request.do === 'exec') {
    const [program = '', ...args] = request.argv;
    const okExitCodes = Array.from({ length: 256 }, (_, code) => code);
    const { timeoutMs: silenceTimeoutMs, stdin: input, env } = request;
    return run([program, ...args], { silenceTimeoutMs, input, env, okExitCodes, signal });
  }
  const { id, handle, method } = request;
  const object = objects[handle] as Record<string, (...args: unknown[]) => unknown>;
  const revive = (marked: object): unknown => {
    if ('$object' in marked) return objects[Number(marked.$object)];
    if (!('$step' in marked)) return undefined;
    const reportProgress = (bytesDone: number, bytesTotal: number): void =>
      say({ id, progress: [bytesDone, bytesTotal] });
    return { ...(marked as WireStep).$step, signal, reportProgress };
  };
  const args = fromWire(request.args, revive) as unknown[];
  const result = await object[method]?.(...args);
  return { result: wireOf(result), facts: factsOf(object) };
}

/** Instances of classes stay here; everything else is a value. */
function wireOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Buffer.isBuffer(value))
    return toWire(value);
  return Object.getPrototypeOf(value) === Object.prototype ? toWire(value) : kept(value);
}

function kept(object: object): RemoteObject {
  if (!objects.includes(object)) objects.push(object);
  return { $object: objects.indexOf(object), facts: factsOf(object), methods: methodsOf(object) };
}

function factsOf(object: object): Record<string, unknown> {
  const plain = Object.entries(object).filter(([, value]) => typeof value !== 'function');
  return Object.fromEntries(plain.map(([name, value]) => [name, wireOf(value)]));
}

/** The functions of a module, and the methods of a class and of those it extends. */
function methodsOf(object: object): readonly string[] {
  const names = new Set<string>();
  for (let holder = object; holder && holder !== Object.prototype; holder = Object.getPrototypeOf(holder) as object) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
      if (typeof value === 'function' && name !== 'constructor') names.add(name);
    }
  }
  return [...names];
}
