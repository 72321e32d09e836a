// Kills something every few seconds, and starts it again as a supervisor would.
import { setTimeout as delay } from 'node:timers/promises';
import type { Plant } from '../support/plant.ts';
import { workerRoles, type ProcessName } from '../support/processes.ts';
import type { ServerName } from '../support/servers.ts';

const shortestMs = 3_000;
const longestMs = 9_000;
/** How long something stays away: now and then longer than a step's patience. */
const awayMs = [100, 500, 2_000, 6_000] as const;
const frozenMs = 8_000;
const serverNames: readonly ServerName[] = ['postgres', 'temporal', 'tgtd'];
const processNames: readonly ProcessName[] = ['api', ...workerRoles];

export class Killer {
  readonly #plant: Plant;
  readonly #random: () => number;
  readonly #say: (line: string) => void;
  readonly kills = new Map<string, number>();
  #stopped = false;

  constructor(plant: Plant, random: () => number, say: (line: string) => void) {
    this.#plant = plant;
    this.#random = random;
    this.#say = say;
  }

  /** Answers when it has been stopped and everything runs again. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      await delay(shortestMs + this.#random() * (longestMs - shortestMs));
      if (!this.#stopped) await this.#strike();
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  async #strike(): Promise<void> {
    const away = this.#one(awayMs);
    const roll = this.#random();
    if (roll < 0.35) return this.#killServer(this.#one(serverNames), away);
    if (roll < 0.85) return this.#killProcess(this.#one(processNames), away);
    return this.#freeze(this.#one(workerRoles));
  }

  async #killServer(name: ServerName, away: number): Promise<void> {
    this.#note(name);
    await this.#plant.servers.kill(name);
    await delay(away);
    await this.#plant.servers.start(name);
  }

  async #killProcess(name: ProcessName, away: number): Promise<void> {
    this.#note(name);
    await this.#plant.processes.kill(name);
    await delay(away);
    await this.#plant.processes.keepStarting(name);
  }

  /** Stopped for longer than a heartbeat while another takes its place; then both go on for a while. */
  async #freeze(name: Exclude<ProcessName, 'api'>): Promise<void> {
    this.#note(`${name} (frozen)`);
    const zombie = this.#plant.processes.freeze(name);
    await this.#plant.processes.keepStarting(name);
    await delay(frozenMs);
    zombie.wake();
    await delay(frozenMs / 2);
    await zombie.end();
  }

  #note(victim: string): void {
    this.kills.set(victim, (this.kills.get(victim) ?? 0) + 1);
    this.#say(`kills ${victim}`);
  }

  #one<T>(choices: readonly T[]): T {
    const chosen = choices[Math.floor(this.#random() * choices.length)];
    if (chosen === undefined) throw new RangeError('nothing to choose from');
    return chosen;
  }
}
