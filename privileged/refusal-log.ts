// Logs commands that were refused: someone tried to make a driver run what it must not.
import { pino } from 'pino';

const log = pino({ name: 'privileged' }, pino.destination({ dest: 2, sync: true }));

/** `command` as shown to people, without secrets. */
export function logRefusal(command: string): void {
  log.warn({ command }, 'refused to run a command as root: no filter lets it pass');
}
