// Tells syslog, through one logger(1) that stays: Node cannot send to /dev/log itself.
import { spawn, type ChildProcess } from 'node:child_process';
import { minimalEnvironment } from '../environment.ts';

/** syslog(3); the names that Python knows. */
export const syslogFacilities = {
  kern: 0,
  user: 1,
  mail: 2,
  daemon: 3,
  auth: 4,
  security: 4,
  syslog: 5,
  lpr: 6,
  news: 7,
  uucp: 8,
  cron: 9,
  authpriv: 10,
  ftp: 11,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const;

/** Python's logging levels. */
export const syslogLevels = {
  CRITICAL: 50,
  FATAL: 50,
  ERROR: 40,
  WARN: 30,
  WARNING: 30,
  INFO: 20,
  DEBUG: 10,
  NOTSET: 0,
} as const;

/** What a command's end is to syslog: a refusal is an error, a use is information. */
const severities = { ERROR: 3, INFO: 6 } as const;

export interface SyslogOptions {
  readonly facility: number;
  /** Messages below it (Python's numbers) are not sent. */
  readonly level: number;
  /** Default /dev/log. */
  readonly socket?: string;
}

export interface Syslog {
  send(level: keyof typeof severities, message: string): void;
  /** Settles when what was sent has been passed on. */
  close(): Promise<void>;
}

/** A missing logger or socket loses messages, never commands: the structured log has every refusal as well. */
export function openSyslog({ facility, level, socket }: SyslogOptions): Syslog {
  let logger: ChildProcess | null = null;
  const start = (): ChildProcess => {
    const args = ['--tag', 'scoria-rootwrap', '--id', '--prio-prefix', ...(socket ? ['--socket', socket] : [])];
    const child = spawn('logger', args, { env: minimalEnvironment(), stdio: ['pipe', 'ignore', 'ignore'] });
    const forget = (): void => {
      if (logger === child) logger = null;
    };
    child.on('error', forget).on('exit', forget);
    child.stdin?.on('error', forget);
    return child;
  };
  return {
    send: (messageLevel, message) => {
      if (syslogLevels[messageLevel] < level) return;
      logger ??= start();
      // One line is one message: a word with a line break must not become a message of its own.
      logger.stdin?.write(`<${facility * 8 + severities[messageLevel]}>${JSON.stringify(message).slice(1, -1)}\n`);
    },
    close: () =>
      new Promise((resolve) => {
        if (!logger) return resolve();
        logger.once('close', () => resolve());
        logger.stdin?.end();
      }),
  };
}
