// Waiting for a paused back-end: visible, for as long as it takes, and going on by its share of the release.
import { ActivityFailure, ApplicationFailure, condition, setCurrentDetails } from '@temporalio/workflow';
import type { PausedDetails } from '../../domain/backend-pause.ts';
import { runbookOf } from '../../domain/pauses.ts';
import { control } from './control.ts';
import type { OperationRun } from './run.ts';

/** The sweeper wakes what waits; should it fail to, the workflow looks by itself. Few events, because this may last for days. */
const lookAgainAfter = '10 minutes';

/** Why a step was refused, when that was a paused back-end; null for any other error. */
export function pausedBackends(error: unknown): PausedDetails | null {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (!(cause instanceof ApplicationFailure) || cause.type !== 'BackendPaused') return null;
  const [details] = (cause.details ?? []) as Partial<PausedDetails>[];
  return { hosts: details?.hosts ?? [], untouched: details?.untouched === true };
}

/** Returns when one of `hosts` (host@backend) may be used again. A retry ends the wait for one's share of a release. */
export async function waitForBackends(run: OperationRun, hosts: readonly string[]): Promise<void> {
  const doing = run.lastShown;
  const { bell, step } = run;
  // Like one whose host is down, the step may be left out by an operator.
  const hostDown = step?.hostDown ?? false;
  if (step) step.hostDown = true;
  bell.waiting = true;
  try {
    for (let hasWaited = false; ;) {
      bell.rung = null;
      const look = await control.lookAtBackends({ claim: run.claim, hosts, doing, hasWaited });
      if (look.verdict === 'open') break;
      if (look.verdict === 'paused') {
        setCurrentDetails(
          `${doing}\n\n${look.words}.\n\nIt goes on when that is released: ${runbookOf('BackendPaused')}`,
        );
        await condition(() => bell.rung !== null, lookAgainAfter);
        hasWaited = bell.rung === 'retry';
      } else {
        setCurrentDetails(`${doing}\n\n${look.words}.`);
        await condition(() => bell.rung === 'retry', look.delayMs);
        hasWaited = true;
      }
    }
  } finally {
    bell.waiting = false;
    if (step) step.hostDown = hostDown;
  }
  run.show(doing);
}

/** Calls `act` until no paused back-end refuses it. */
export async function despitePauses<T>(run: OperationRun, act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      const paused = pausedBackends(error);
      if (paused === null) throw error;
      await waitForBackends(run, paused.hosts);
    }
  }
}
