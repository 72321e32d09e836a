// The host's end of the line to a lab VM: waits for the VM to call, then calls functions of objects that live in it.
import { randomBytes } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import type { StepContext } from '../../../drivers/step.ts';
import {
  errorFromWire,
  fromWire,
  isStep,
  lineReader,
  toWire,
  type Answer,
  type RemoteObject,
  type Request,
} from './protocol.ts';

export interface LabLink {
  readonly port: number;
  /** What the VM has to say first. */
  readonly token: string;
  /** Settles when the VM has called. */
  readonly up: Promise<void>;
  ask(request: Pick<Request & { do: 'exec' }, 'do' | 'argv' | 'stdin' | 'timeoutMs' | 'env'>): Promise<unknown>;
  /** The exports of a bundled module that the VM loads; see `remote`. */
  load<T extends object>(path: string): Promise<T>;
  /** An object that the agent holds from the start. */
  builtIn<T extends object>(handle: number, methods: readonly (keyof T & string)[]): T;
  close(reason: string): void;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
  readonly reportProgress: StepContext['reportProgress'] | null;
}

/** Listens on loopback, on a port that the kernel chooses. */
export async function openLink(): Promise<LabLink> {
  const link = new Link();
  await link.listen();
  return link;
}

class Link implements LabLink {
  readonly token = randomBytes(16).toString('hex');
  readonly up: Promise<void>;
  readonly #server = createServer((socket) => this.#greet(socket));
  readonly #waiting = new Map<number, Waiting>();
  #isUp: () => void = () => {};
  #socket: Socket | null = null;
  #closed: string | null = null;
  #lastId = 0;

  constructor() {
    this.up = new Promise((resolve) => (this.#isUp = resolve));
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  ask(request: Parameters<LabLink['ask']>[0]): Promise<unknown> {
    return this.#send(request, null);
  }

  async load<T extends object>(path: string): Promise<T> {
    return this.#proxy((await this.#send({ do: 'load', path }, null)) as RemoteObject) as T;
  }

  builtIn<T extends object>(handle: number, methods: readonly (keyof T & string)[]): T {
    return this.#proxy({ $object: handle, facts: {}, methods }) as T;
  }

  close(reason: string): void {
    if (this.#closed !== null) return;
    this.#closed = reason;
    this.#socket?.write(`${JSON.stringify({ do: 'quit' } satisfies Request)}\n`);
    this.#socket?.end();
    this.#server.close();
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
  }

  #greet(socket: Socket): void {
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    const onLine = (answer: Answer): void => {
      if ('hello' in answer) {
        if (answer.hello !== this.token) return void socket.destroy();
        this.#socket = socket;
        socket.on('close', () => this.close('the lab VM has gone'));
        this.#isUp();
      } else if (socket === this.#socket) this.#take(answer);
    };
    const read = lineReader(onLine);
    socket.on('data', (chunk: Buffer) => {
      try {
        read(chunk);
      } catch {
        // Not the VM's language: somebody else has found the port.
        socket.destroy();
      }
    });
  }

  #take(answer: Exclude<Answer, { hello: string }>): void {
    const waiting = this.#waiting.get(answer.id);
    if ('progress' in answer) return waiting?.reportProgress?.(...answer.progress);
    this.#waiting.delete(answer.id);
    if ('error' in answer) waiting?.reject(errorFromWire(answer.error));
    else waiting?.resolve(answer.value);
  }

  async #send(request: object, step: StepContext | null): Promise<unknown> {
    step?.signal.throwIfAborted();
    if (this.#closed !== null) throw new Error(this.#closed);
    const id = (this.#lastId += 1);
    const answered = new Promise<unknown>((resolve, reject) =>
      this.#waiting.set(id, { resolve, reject, reportProgress: step?.reportProgress ?? null }),
    );
    this.#write({ id, ...request });
    const onAbort = (): void => this.#write({ id, do: 'abort' });
    step?.signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await answered;
    } finally {
      step?.signal.removeEventListener('abort', onAbort);
    }
  }

  #write(message: object): void {
    this.#socket?.write(`${JSON.stringify(message)}\n`);
  }

  /** Stands for an object of the VM's: its methods are called there; its plain properties are as of the last call. */
  #proxy({ $object: handle, facts: first, methods }: RemoteObject): object {
    let facts = first;
    const call =
      (method: string) =>
      async (...args: unknown[]): Promise<unknown> => {
        const step = args.find(isStep) ?? null;
        const wire = args.map((arg) => this.#wireOf(arg));
        const answer = (await this.#send({ do: 'call', handle, method, args: wire }, step)) as {
          result: unknown;
          facts: RemoteObject['facts'];
        };
        ({ facts } = answer);
        return this.#revived(answer.result);
      };
    const proxy = new Proxy(
      {},
      {
        get: (_target, name) => {
          if (typeof name === 'symbol' || name === 'then') return undefined;
          if (methods.includes(name)) return call(name);
          return this.#revived(facts[name]);
        },
      },
    );
    this.#handles.set(proxy, handle);
    return proxy;
  }

  #revived(value: unknown): unknown {
    return fromWire(value, (marked) => ('$object' in marked ? this.#proxy(marked as RemoteObject) : undefined));
  }

  readonly #handles = new WeakMap<object, number>();

  #wireOf(arg: unknown): unknown {
    const handle = typeof arg === 'object' && arg !== null ? this.#handles.get(arg) : undefined;
    return handle === undefined ? toWire(arg) : { $object: handle };
  }
}
