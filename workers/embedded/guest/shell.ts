// The host's end of a guest's command channel: runs commands in the guest and brings back what they print.
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

export interface GuestAnswer {
  /** Standard output and error, interleaved as they came. */
  readonly output: string;
  /** 137 when it ran into its time limit and was killed in the guest. */
  readonly exitCode: number;
}

export interface GuestCommandOptions {
  readonly timeoutMs: number;
}

/** The guest's serial line takes at most 4,095 characters at once. */
const maxRequestChars = 3_500;
/** How much longer than the guest the host waits, for a busy machine. */
const graceMs = 5_000;
const pingEveryMs = 400;

/** One connection to one guest; a second one to the same guest waits until this one is closed. */
export class GuestShell {
  readonly #socket: Socket;
  readonly #waiting = new Map<string, (answer: GuestAnswer | Error) => void>();
  #current: { id: string; exitCode: number; text: string } | null = null;
  #lost: Error | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    createInterface({ input: socket }).on('line', (line) => this.#take(line));
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(new Error('the guest has closed its command channel: it has ended')));
  }

  /** Connects and waits until the guest answers, so it may be called while the guest starts. */
  static async connect(socketPath: string, options: GuestCommandOptions = { timeoutMs: 60_000 }): Promise<GuestShell> {
    const deadline = Date.now() + options.timeoutMs;
    const shell = new GuestShell(await opened(socketPath, deadline));
    try {
      while (!(await shell.#ping())) {
        if (shell.#lost) throw shell.#lost;
        if (Date.now() > deadline)
          throw new Error(`the guest did not answer at ${socketPath} within ${options.timeoutMs} ms`);
      }
      return shell;
    } catch (error) {
      shell.close();
      throw error;
    }
  }

  /**
   * Runs `command` with the guest's busybox sh, without input. Throws when the guest does not answer in time, or its
   * channel is closed; an exit code other than 0 is an answer.
   */
  async run(command: string, options: GuestCommandOptions = { timeoutMs: 30_000 }): Promise<GuestAnswer> {
    const answer = await this.#ask(command, options.timeoutMs, options.timeoutMs + graceMs);
    if (answer === null) throw new Error(`the guest did not answer within ${options.timeoutMs} ms: ${command}`);
    return answer;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** What is sent before the guest listens is lost, so the question is asked again and again. */
  async #ping(): Promise<boolean> {
    return (await this.#ask('true', 10_000, pingEveryMs)) !== null;
  }

  async #ask(command: string, guestLimitMs: number, waitMs: number): Promise<GuestAnswer | null> {
    if (this.#lost) throw this.#lost;
    const id = randomBytes(6).toString('hex');
    const request = `\nrun ${id} ${Math.ceil(guestLimitMs / 1000)} ${Buffer.from(command).toString('base64')}\n`;
    if (request.length > maxRequestChars)
      throw new Error(`a guest command of ${command.length} characters is too long`);
    const stop = new AbortController();
    const answered = new Promise<GuestAnswer | Error>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.write(request);
    try {
      const late = delay(waitMs, null, { signal: stop.signal }).catch(() => null);
      const answer = await Promise.race([answered, late]);
      if (answer instanceof Error) throw answer;
      return answer;
    } finally {
      stop.abort();
      this.#waiting.delete(id);
    }
  }

  /** Lines of an answer: `@id code`, base64, `.id`; anything else is noise of a starting guest. */
  #take(line: string): void {
    const head = /^@([0-9a-f]{12}) (\d+)$/.exec(line);
    if (head) {
      this.#current = { id: head[1] ?? '', exitCode: Number(head[2]), text: '' };
    } else if (this.#current && line === `.${this.#current.id}`) {
      const { id, exitCode, text } = this.#current;
      this.#current = null;
      this.#waiting.get(id)?.({ exitCode, output: Buffer.from(text, 'base64').toString('utf8') });
    } else if (this.#current) {
      this.#current.text += line;
    }
  }

  #end(error: Error): void {
    this.#lost ??= error;
    for (const resolve of this.#waiting.values()) resolve(this.#lost);
  }
}

/** QEMU makes the socket while it starts. */
async function opened(socketPath: string, deadline: number): Promise<Socket> {
  for (;;) {
    const socket = connect(socketPath);
    const error = await new Promise<Error | null>((resolve) => {
      socket.once('connect', () => resolve(null));
      socket.once('error', resolve);
    });
    if (error === null) return socket;
    if (Date.now() > deadline) throw new Error(`no guest behind ${socketPath}: ${error.message}`, { cause: error });
    await delay(50);
  }
}
