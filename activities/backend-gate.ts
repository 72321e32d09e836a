// A volume worker's gate: what its back-end's pause, as the API last told it, means for a step that is about to begin.
import { setTimeout as delay } from 'node:timers/promises';
import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { pauseWords, type BackendPause } from '../domain/backend-pause.ts';
import { backendPaused } from './backends.ts';

const lookAgainMs = 200;

/** Closed while the back-end is paused; before the API has been heard for the first time, nobody knows. */
export class BackendGate {
  #pause: BackendPause | null | undefined = undefined;

  /** What the API has answered to the last report. True when that is a pause that was not known before. */
  learn(pause: BackendPause | null): boolean {
    const isNew = pause !== null && pause.pausedAt !== this.obeys;
    this.#pause = pause;
    return isNew;
  }

  /** `pausedAt` of the pause that is kept here: nothing new begins. */
  get obeys(): string | null {
    return this.#pause?.pausedAt ?? null;
  }

  /** Refuses a step with BackendPaused. A worker that has just started waits until it has heard the API. */
  async mustBeOpen(): Promise<void> {
    const { attempt, heartbeatDetails } = activityInfo();
    while (this.#pause === undefined) {
      // What an earlier attempt has left for the next one stays.
      heartbeat({
        ...(heartbeatDetails as object),
        waiting: 'the API has not said yet whether this back-end is paused',
      });
      await delay(lookAgainMs, undefined, { signal: cancellationSignal() });
    }
    if (this.#pause === null) return;
    throw backendPaused(pauseWords(this.#pause), { hosts: [this.#pause.host], untouched: attempt === 1 });
  }
}

/** Every step asks first, before it as much as looks for a path. */
export function behindGate<Set extends object>(gate: BackendGate, activities: Set): Set {
  const gated = Object.entries(activities).map(([name, activity]) => [
    name,
    async (...args: unknown[]) => {
      await gate.mustBeOpen();
      return (activity as (...all: unknown[]) => Promise<unknown>)(...args);
    },
  ]);
  return Object.fromEntries(gated) as Set;
}
