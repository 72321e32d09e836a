// The harness's side of the gate: sees every boundary that a worker comes to, and holds those that are to be struck.
import { rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { lineReader, type Arrival, type Moment, type Verdict } from './gate-messages.ts';

/** One activity of an operation: the `nth` of its type, counted in the order in which they were first begun. */
export interface Step {
  readonly type: string;
  readonly nth: number;
}

export interface Hit {
  readonly arrival: Arrival;
  /** Lets the worker go on, or has its activity fail. The message waits for a process that is stopped. */
  release(action: Verdict['action']): void;
}

export interface Seen extends Step {
  readonly pid: number;
}

/** Told of each boundary of an operation, which is passed when the answer has settled. */
type OnPass = (pass: { readonly at: Moment; readonly key: string }) => Promise<void>;

/** One operation, as the gate sees it. */
export class Watched {
  readonly #counts = new Map<string, Map<string, number>>();
  #trap: { readonly step: Step; readonly moment: Moment; readonly hit: (hit: Hit) => void } | null = null;
  onPass: OnPass | null = null;
  /** First begins of its activities, in order. */
  readonly seen: Seen[] = [];
  /** Everything about it, in order. */
  readonly arrivals: Arrival[] = [];

  /** Holds the first worker that comes to this boundary. */
  trap(step: Step, moment: Moment): Promise<Hit> {
    return new Promise((hit) => (this.#trap = { step, moment, hit }));
  }

  /** Nobody is held any more; a boundary that nobody came to is let be. */
  disarm(): void {
    this.#trap = null;
  }

  arrive(arrival: Arrival, release: Hit['release']): void {
    this.arrivals.push(arrival);
    const nth = this.#nthOf(arrival);
    const trap = this.#trap;
    if (trap && trap.moment === arrival.at && trap.step.type === arrival.type && trap.step.nth === nth) {
      this.#trap = null;
      trap.hit({ arrival, release });
      return;
    }
    if (arrival.at === 'ended') return;
    const pass = (): void => release('go');
    if (this.onPass) this.onPass({ at: arrival.at, key: `${arrival.type}#${nth}` }).then(pass, pass);
    else pass();
  }

  /** An activity that is tried again keeps its number. */
  #nthOf({ type, runId, activityId, pid }: Arrival): number {
    const ofType = this.#counts.get(type) ?? new Map<string, number>();
    this.#counts.set(type, ofType);
    const key = `${runId}/${activityId}`;
    const known = ofType.get(key);
    if (known !== undefined) return known;
    const nth = ofType.size + 1;
    ofType.set(key, nth);
    this.seen.push({ type, nth, pid });
    return nth;
  }
}

export class Gate {
  readonly path: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #watched = new Map<string, Watched>();

  private constructor(path: string) {
    this.path = path;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async open(path: string): Promise<Gate> {
    await rm(path, { force: true });
    const gate = new Gate(path);
    await new Promise<void>((resolve, reject) => {
      gate.#server.once('error', reject);
      gate.#server.listen(path, resolve);
    });
    return gate;
  }

  /** Looks at this workflow from now on; all others pass. */
  watch(workflowId: string): Watched {
    const watched = new Watched();
    this.#watched.set(workflowId, watched);
    return watched;
  }

  forget(): void {
    this.#watched.clear();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on(
      'data',
      lineReader<Arrival>((arrival) => {
        const release = (action: Verdict['action']): void => {
          if (socket.writable) socket.write(`${JSON.stringify({ id: arrival.id, action } satisfies Verdict)}\n`);
        };
        const watched = this.#watched.get(arrival.workflowId);
        if (watched) watched.arrive(arrival, release);
        else if (arrival.at !== 'ended') release('go');
      }),
    );
  }
}
