// What was seen that must never be seen: collected, said at once, and counted at the end.
export class Violations {
  readonly all: string[] = [];

  /** The same again is the same violation. */
  add(what: string): void {
    if (this.all.includes(what)) return;
    this.all.push(what);
    console.error(`soak: VIOLATION ${new Date().toISOString()} ${what}`);
  }
}
