// A back-end with its pause as JSON. Scoria's own resource: Cinder has none like it.
import type { BackendState } from '../../prisma/store/backends/pauses.ts';
import { wireTime } from '../http/time.ts';

export function backendView({ host, reportedAt, pause, waiting, running }: BackendState, serviceDownTimeS: number) {
  const paused = pause !== null && pause.releasedAt === null;
  return {
    host,
    state: Date.now() - reportedAt.getTime() <= serviceDownTimeS * 1000 ? 'up' : 'down',
    status: paused ? 'paused' : 'open',
    /** Its worker has said that it keeps the pause: nothing new begins there any more. */
    in_effect: paused && pause.keptAt !== null,
    operations_waiting: waiting,
    operations_running: running,
    last_pause:
      pause === null
        ? null
        : {
            ...{ actor: pause.actor, reason: pause.reason, paused_at: wireTime(pause.pausedAt) },
            ...{ released_by: pause.releasedBy, release_reason: pause.releaseReason },
            released_at: pause.releasedAt === null ? null : wireTime(pause.releasedAt),
            release_over_s: pause.releaseOverMs / 1000,
          },
  };
}
