// Records what was asked of root: refusals always, as one JSON line each; every use in syslog when the operator wants it.
import { pino } from 'pino';
import type { RootwrapConfig } from './config.ts';
import type { RefusedBy } from './guard.ts';
import { openSyslog } from './syslog.ts';

const destination = pino.destination({ dest: 2, sync: true });
// Whoever read our errors may be gone; root's work goes on.
destination.on('error', () => {});
const log = pino({ name: 'privileged' }, destination);

export interface Refused {
  /** For people, without secrets. */
  readonly command: string;
  readonly by: RefusedBy | 'peer' | 'authentication' | 'configuration';
  readonly why: string;
  /** Who asked. */
  readonly uid?: number;
  readonly clientPid?: number;
}

/** One line that a machine can read, on standard error. */
export function logRefusal(refused: Refused): void {
  log.warn(refused, 'refused to run a command as root');
}

export function logProblem(problem: string): void {
  log.warn({ problem }, 'a part of the rootwrap configuration is not used');
}

export interface Audit {
  refused(refused: Refused): void;
  started(command: string, filter: string, uid: number): void;
  close(): Promise<void>;
}

/** An audit as rootwrap.conf wants it. `socket`: syslog's, if not /dev/log. */
export function openAudit(config: RootwrapConfig, socket?: string): Audit {
  const { useSyslog, syslogFacility: facility, syslogLevel: level } = config;
  const syslog = useSyslog ? openSyslog({ facility, level, socket }) : null;
  return {
    refused: (refused) => {
      logRefusal(refused);
      const { command, by, why, uid } = refused;
      syslog?.send('ERROR', `refused for user ${uid ?? 'unknown'} by ${by} (${why}): ${command}`);
    },
    started: (command, filter, uid) => syslog?.send('INFO', `user ${uid} runs ${command} (filter ${filter})`),
    close: async () => syslog?.close(),
  };
}
