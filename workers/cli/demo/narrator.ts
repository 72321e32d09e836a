// What the demo prints: each step as it happens, a progress bar for copies, a summary at the end.

export interface StepLine {
  readonly title: string;
  readonly seconds: number;
}

const barWidth = 30;

/** Prints to a terminal or to a file alike; only a terminal gets a bar that moves. */
export class Narrator {
  readonly steps: StepLine[] = [];
  readonly #out: NodeJS.WriteStream;
  #number = 0;

  constructor(out: NodeJS.WriteStream = process.stdout) {
    this.#out = out;
  }

  line(text = ''): void {
    this.#out.write(`${text}\n`);
  }

  /** Runs a step: its title and what a user would type first, then what happened and how long it took. */
  async step<T>(title: string, typed: string | null, work: () => Promise<{ said: string; value: T }>): Promise<T> {
    this.#number += 1;
    this.line(`\n[${String(this.#number).padStart(2)}] ${title}`);
    if (typed !== null) this.line(`     $ ${typed}`);
    const began = Date.now();
    const { said, value } = await work();
    const seconds = (Date.now() - began) / 1000;
    this.steps.push({ title, seconds });
    this.line(`     ${said}  (${seconds.toFixed(1)} s)`);
    return value;
  }

  /** Shows how far a copy is. */
  progress(step: string, bytesDone: number, bytesTotal: number): void {
    if (!this.#out.isTTY || bytesTotal <= 0) return;
    const part = Math.min(1, bytesDone / bytesTotal);
    const full = Math.round(part * barWidth);
    const bar = `${'█'.repeat(full)}${'░'.repeat(barWidth - full)}`;
    const mib = (bytes: number) => Math.round(bytes / 1024 ** 2);
    this.#out.write(`\r     ${bar} ${Math.round(part * 100)} %  ${step}, ${mib(bytesDone)} of ${mib(bytesTotal)} MiB `);
  }

  /** Wipes the bar away before the next line. */
  endProgress(): void {
    if (this.#out.isTTY) this.#out.write(`\r${' '.repeat(78)}\r`);
  }
}
