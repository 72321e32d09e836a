// rootwrap.conf as oslo.rootwrap reads it, and what reaches syslog by it.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../drivers/data/eventually.ts';
import { startChild } from '../../privileged/child.ts';
import { minimalEnvironment } from '../../privileged/environment.ts';
import { findProgram } from '../../privileged/find-program.ts';
import { openAudit } from '../../privileged/rootwrap/audit.ts';
import { parseRootwrapConfig } from '../../privileged/rootwrap/config.ts';
import { scratchDirectory } from './support/step.ts';

const parse = (text: string) => parseRootwrapConfig('rootwrap.conf', text);

describe('rootwrap.conf', () => {
  it('has the defaults of oslo.rootwrap', () => {
    expect(parse('[DEFAULT]\nfilters_path=/a,/b\n')).toEqual({
      filtersPath: ['/a', '/b'],
      execDirs: ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'],
      useSyslog: false,
      syslogFacility: 5,
      syslogLevel: 40,
      daemonTimeoutS: 600,
      rlimitNofile: 1024,
    });
  });

  it('takes every option, in the spellings that Python takes', () => {
    const text = `[DEFAULT]
# comment
Filters_Path : /a,
  /b
exec_dirs=/x
use_syslog=Yes
syslog_log_facility=LOG_LOCAL0
syslog_log_level=info
daemon_timeout=5
rlimit_nofile=64
unknown=1`;
    expect(parse(text)).toEqual({
      ...{ filtersPath: ['/a', '/b'], execDirs: ['/x'], useSyslog: true, syslogFacility: 16, syslogLevel: 20 },
      ...{ daemonTimeoutS: 5, rlimitNofile: 64 },
    });
  });

  it.each([
    ['', 'rootwrap.conf: filters_path is missing'],
    ['filters_path=/a', 'rootwrap.conf:1: stands before the first [section]'],
    ['[DEFAULT]\nfilters_path=/a\nfilters_path=/b', 'rootwrap.conf:3: filters_path is there twice'],
    [
      '[DEFAULT]\nfilters_path=/a\nuse_syslog=maybe',
      'rootwrap.conf:3: use_syslog = maybe is not allowed (true or false)',
    ],
    ['[DEFAULT]\nfilters_path=/a\nsyslog_log_facility=moon', 'rootwrap.conf:3: syslog_log_facility = moon'],
    ['[DEFAULT]\nfilters_path=/a\nsyslog_log_level=loud', 'rootwrap.conf:3: syslog_log_level = loud'],
    ['[DEFAULT]\nfilters_path=/a\ndaemon_timeout=-1', 'rootwrap.conf:3: daemon_timeout = -1'],
    ['[DEFAULT]\nnonsense', 'rootwrap.conf:2: not "name: value"'],
  ])('%j is refused, by file, line and option', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});

const noLogger = (await findProgram('logger')) === null ? 'logger is missing (Debian package bsdutils)' : null;
if (noLogger) console.warn(`syslog test skipped: ${noLogger}`);

describe.skipIf(noLogger !== null)('syslog', () => {
  const receiver = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('ready', flush=True)
while True: print(s.recv(65536).decode(), flush=True)`;

  it('hears of refusals, and of uses at level INFO only, each as one message', async () => {
    const scratch = await scratchDirectory();
    const socket = join(scratch.path, 'log');
    let heard = '';
    const log = startChild({
      words: ['python3', '-c', receiver, socket],
      ...{ env: minimalEnvironment(), input: '', maxOutputChars: 100_000 },
      onOutput: (_stream, text) => {
        heard += text;
      },
    });
    try {
      await eventually('syslog to listen', { timeoutMs: 30_000 }, async () => heard.includes('ready'));
      const base = '[DEFAULT]\nfilters_path=/a\nuse_syslog=true\nsyslog_log_facility=local0\nsyslog_log_level=';
      const quiet = openAudit(parse(`${base}ERROR`), socket);
      quiet.started('ls /quiet', 'ls', 7);
      quiet.refused({ command: 'rm\n<0>forged', by: 'filters', why: 'no filter lets it pass', uid: 7 });
      await quiet.close();
      const talkative = openAudit(parse(`${base}INFO`), socket);
      talkative.started('ls /talkative', 'ls', 7);
      await talkative.close();
      await eventually('both messages', { timeoutMs: 10_000 }, async () => heard.includes('talkative'));
      const [, refused = '', used = '', ...more] = heard.trim().split('\n');
      // local0 is 16: 16 * 8 + 3 (error), + 6 (information).
      expect(refused).toMatch(/^<131>.*scoria-rootwrap\[\d+\]: refused for user 7 by filters \(.*\): rm\\n<0>forged$/);
      expect(used).toMatch(/^<134>.*scoria-rootwrap\[\d+\]: user 7 runs ls \/talkative \(filter ls\)$/);
      expect(more).toEqual([]);
    } finally {
      await log.end(0);
      await scratch.remove();
    }
  });
});
