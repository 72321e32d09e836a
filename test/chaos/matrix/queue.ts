// Which cells are struck by the next blow: the first that waits, with others that the same blow can strike.
import type { Cell } from './cell.ts';

export class Queue {
  #waiting: Cell[];
  readonly #suspects: Cell[] = [];
  readonly #together: number;

  constructor(cells: readonly Cell[], together: number) {
    this.#waiting = [...cells];
    this.#together = together;
  }

  get left(): number {
    return this.#waiting.length + this.#suspects.length;
  }

  /** It is struck again, by itself. */
  alone(cell: Cell): void {
    this.#suspects.push(cell);
  }

  /** Empty when all have been struck. */
  next(): readonly Cell[] {
    const suspect = this.#suspects.shift();
    if (suspect) return [suspect];
    const [first] = this.#waiting;
    if (first === undefined) return [];
    const key = keyOf(first);
    const blow = key === null ? [first] : this.#waiting.filter((cell) => keyOf(cell) === key).slice(0, this.#together);
    this.#waiting = this.#waiting.filter((cell) => !blow.includes(cell));
    return blow;
  }
}

function keyOf({ fault, boundary }: Cell): string | null {
  const group = fault.together(boundary);
  return group === null ? null : `${fault.name} ${group}`;
}
