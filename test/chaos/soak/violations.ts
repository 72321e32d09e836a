// What was seen that must never be seen: collected, said at once, and counted at the end.
export class Violations {
  readonly all: string[] = [];

  add(what: string): void {
    this.all.push(what);
    console.error(`soak: VIOLATION ${new Date().toISOString()} ${what}`);
  }
}
