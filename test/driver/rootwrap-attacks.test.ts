// Attempts to make root do more than it should: each row an attempt, and what refuses it. One row of each table is no
// attempt and is let pass, so that a table that refuses everything fails.
import { chmod, chown, copyFile, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join, relative } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseFilterFile } from '../../privileged/filter-file.ts';
import { rootwrapProgram } from '../../privileged/root.ts';
import { RootDaemonClient, type DaemonAccess } from '../../privileged/rootwrap/client.ts';
import { decide, Refusal } from '../../privileged/rootwrap/decide.ts';
import { launchRootDaemon } from '../../privileged/rootwrap/launch.ts';
import { loadRules } from '../../privileged/rootwrap/load.ts';
import { proofOf } from '../../privileged/rootwrap/protocol.ts';
import { runBy } from '../../privileged/run.ts';
import { runTool } from '../../privileged/tool.ts';
import {
  makeRootwrapHost,
  nobody,
  systemDirectories,
  whyNoRootwrap,
  type RootwrapHost,
} from './support/rootwrap-host.ts';

const skipped = whyNoRootwrap() !== null;
const letPass = 'let pass';

/** What came of it: the refusal's reason, or that there was none. */
async function outcome(attempt: () => unknown): Promise<string> {
  try {
    await attempt();
    return letPass;
  } catch (error) {
    return error instanceof Refusal ? `${error.by}: ${error.message}` : String(error);
  }
}

describe('words', () => {
  /** Filters that are as generous as an operator's may be: what refuses is not them. */
  const generous = [
    'ls: CommandFilter, ls, root',
    'two: RegExpFilter, cat, root, cat, .*',
    'head: PathFilter, head, root, /usr/share',
    'env: EnvFilter, env, root, LD_PRELOAD=, cat',
    'path: EnvFilter, env, root, PATH=, cat',
    'python: EnvFilter, env, root, PYTHONPATH=, cat',
    'ifs: EnvFilter, env, root, IFS=, cat',
    'colour: EnvFilter, env, root, COLOUR=, cat',
    'nice: ChainingRegExpFilter, nice, root, nice',
    'slash: RegExpFilter, sh, root, .*sh',
  ].join('\n');
  const rules = { filters: parseFilterFile('x', `[Filters]\n${generous}\n`).filters, execDirs: systemDirectories };

  it.each<[attempt: string, words: string[], refusedBy: RegExp | string]>([
    ['none', ['ls', '-l', '/srv/a b;c'], letPass],
    ['none, chained', ['nice', 'ls'], letPass],
    ['none, with a variable', ['env', 'COLOUR=x', 'cat'], letPass],
    ['no command', [], /^words: no command/],
    ['an empty command', [''], /^words: no command/],
    ['a command of no filter', ['rm', '/x'], /^filters/],
    ['a newline, to forge a line of a log or a script', ['ls', 'a\nb'], /^words: a control character/],
    ['a NUL, to cut a path short', ['ls', '/srv/x\0/../..'], /^words: a control character/],
    ['an escape sequence, to deceive who reads the log', ['ls', '\u001b[2J'], /^words: a control character/],
    ['out of a directory', ['cat', '/srv/volumes/../../etc/shadow'], /^words: "\.\." in a path/],
    ['out of a directory, in an option', ['cat', '--files0-from=../../etc/shadow'], /^words: "\.\." in a path/],
    ['out of a directory, in a list', ['cat', 'driver=file,filename=../etc/shadow'], /^words: "\.\." in a path/],
    ['a program by a relative path', ['./ls'], /^words: the program is a relative path/],
    ['a program by a relative path with a directory', ['tmp/sh'], /^words: the program is a relative path/],
    ['a program through a dot', ['/usr/./bin/sh'], /^words: the program is a relative path/],
    ['a program elsewhere with the same name', ['/tmp/ls'], /^filters/],
    ['a preloaded library', ['env', 'LD_PRELOAD=/tmp/x.so', 'cat'], /^environment/],
    ['a preloaded library without env', ['LD_PRELOAD=/tmp/x.so', 'cat'], /^environment/],
    ['another PATH', ['env', 'PATH=/tmp', 'cat'], /^environment/],
    ['another PYTHONPATH', ['env', 'PYTHONPATH=/tmp', 'cat'], /^environment/],
    ['another IFS', ['env', 'IFS=/', 'cat'], /^environment/],
    ['a variable that no filter names', ['env', 'COLOUR=x', 'OTHER=y', 'cat'], /^filters/],
    ['an argument more', ['cat', '/etc/hosts', '/etc/shadow'], /^filters/],
    ['an argument less', ['cat'], /^filters/],
    ['an option where a path is expected', ['head', '--bytes=9'], /^filters/],
    ['a relative path', ['head', 'usr/share/x'], /^filters/],
    ['a directory whose name only begins the same', ['head', '/usr/share-of-others/x'], /^filters/],
    ['a chained command of no filter', ['nice', 'rm', '/x'], /^filters/],
    ['a chained program elsewhere with the same name', ['nice', '/tmp/ls'], /^filters/],
    ['a chain without an end', ['nice', 'nice', 'ls'], /^filters/],
    ['a chained preloaded library', ['nice', 'env', 'LD_PRELOAD=/tmp/x.so', 'cat'], /^environment/],
    ['words without an end', ['ls', ...Array.from({ length: 5_000 }, () => 'x')], /^words: more words/],
    ['a word without an end', ['ls', 'x'.repeat(200_000)], /^words: more words/],
  ])('%s', async (_attempt, words, refusedBy) => {
    expect(await outcome(() => decide(rules, words))).toMatch(refusedBy);
  });
});

describe.skipIf(skipped)('files', () => {
  let host: RootwrapHost;
  beforeEach(async () => {
    host = await makeRootwrapHost(
      'cat: PathFilter, cat, root, /srv\nls: CommandFilter, ls, root\nprog: CommandFilter, prog, root',
    );
  });
  afterEach(() => host.remove());

  /** Loads the configuration (another one, if the attempt answers its path) and asks for `words`. */
  type Attempt = (host: RootwrapHost) => Promise<string | undefined | void>;

  const program = async ({ programs }: RootwrapHost): Promise<string> => {
    const path = join(programs, 'prog');
    await copyFile('/bin/true', path);
    await chmod(path, 0o755);
    return path;
  };
  const toNobody = (path: string): Promise<void> => chown(path, nobody.uid, nobody.gid);
  /** A link `prog` in `exec_dirs` that leads to a program of nobody's. */
  const linkToNobodys: Attempt = async (host) => {
    const theirs = join(host.directory, 'theirs');
    await rename(await program(host), theirs);
    await toNobody(theirs);
    await symlink(theirs, join(host.programs, 'prog'));
  };

  it.each<[attempt: string, attempt: Attempt, words: string[], refusedBy: RegExp | string]>([
    ['none', async (host) => void (await program(host)), ['prog'], letPass],
    ['a configuration that all can write', ({ configFile }) => chmod(configFile, 0o646), ['ls'], /mode 646/],
    ['a configuration that a group can write', ({ configFile }) => chmod(configFile, 0o664), ['ls'], /mode 664/],
    ['a configuration of somebody else', ({ configFile }) => toNobody(configFile), ['ls'], /belongs to user 65534/],
    [
      "a configuration in somebody else's directory",
      ({ directory }) => toNobody(directory),
      ['ls'],
      /belongs to user 65534/,
    ],
    [
      'a configuration in a directory that all can write',
      ({ directory }) => chmod(directory, 0o1777),
      ['ls'],
      /mode 1777/,
    ],
    ['a configuration in /tmp', async () => '/tmp/rootwrap.conf', ['ls'], /\/tmp can be written by others/],
    [
      'a configuration behind a link into such a directory',
      async ({ directory, configFile }) => {
        const theirs = join(directory, 'theirs');
        await mkdir(theirs);
        await rename(configFile, join(theirs, 'rootwrap.conf'));
        await toNobody(theirs);
        await symlink(join(theirs, 'rootwrap.conf'), configFile);
      },
      ['ls'],
      /theirs belongs to user 65534/,
    ],
    [
      'a configuration by a relative path',
      async ({ configFile }) => relative(process.cwd(), configFile),
      ['ls'],
      /not an absolute path/,
    ],
    [
      'a configuration through ..',
      async ({ directory }) => `${directory}/programs/../rootwrap.conf`,
      ['ls'],
      /holds "\.\."/,
    ],
    [
      'a filter file that all can write',
      ({ filterFile }) => chmod(filterFile, 0o666),
      ['ls'],
      /test.filters .*mode 666/,
    ],
    [
      'a directory of filters that all can write',
      ({ filterFile }) => chmod(dirname(filterFile), 0o777),
      ['ls'],
      /rootwrap.d .*mode 777/,
    ],
    [
      'a directory of filters by a relative path',
      ({ configFile, filterFile }) =>
        writeFile(configFile, `[DEFAULT]\nfilters_path=${relative(process.cwd(), dirname(filterFile))}\n`),
      ['ls'],
      /not an absolute path/,
    ],
    [
      'a directory of programs that all can write',
      async (host) => {
        await program(host);
        await chmod(host.programs, 0o777);
      },
      ['prog'],
      /^program: prog is not in/,
    ],
    [
      'a program that all can write',
      async (host) => chmod(await program(host), 0o777),
      ['prog'],
      /^program: .*mode 777/,
    ],
    [
      'a program of somebody else',
      async (host) => toNobody(await program(host)),
      ['prog'],
      /^program: .*belongs to user 65534/,
    ],
    ['a program behind a link', linkToNobodys, ['prog'], /^program: .*theirs belongs to user 65534/],
    [
      'programs by a relative path',
      async (host) => {
        await program(host);
        const { configFile, filterFile, programs } = host;
        await writeFile(
          configFile,
          `[DEFAULT]\nfilters_path=${dirname(filterFile)}\nexec_dirs=${relative(process.cwd(), programs)}\n`,
        );
      },
      ['prog'],
      /^program/,
    ],
  ])('%s', async (_attempt, attempt, words, refusedBy) => {
    const configFile = (await attempt(host)) ?? host.configFile;
    expect(await outcome(() => decide(loadRules(configFile), words))).toMatch(refusedBy);
  });

  it.each<[attempt: string, (directory: string, outside: string) => Promise<string>, refusedBy: RegExp | string]>([
    ['none', async (directory) => join(directory, 'new'), letPass],
    [
      'a link out of the directory',
      async (directory, outside) => {
        await symlink(outside, join(directory, 'link'));
        return join(directory, 'link');
      },
      /^filters/,
    ],
    [
      'a link to a directory outside',
      async (directory) => {
        await symlink('/etc', join(directory, 'link'));
        return join(directory, 'link/shadow');
      },
      /^filters/,
    ],
    [
      'a link to what does not exist yet outside',
      async (directory) => {
        await symlink('/etc/cron.d/new', join(directory, 'link'));
        return join(directory, 'link');
      },
      /^filters/,
    ],
    [
      'a ring of links',
      async (directory) => {
        await symlink('ring', join(directory, 'ring'));
        return join(directory, 'ring');
      },
      /^filters/,
    ],
  ])('in a directory that a PathFilter names: %s', async (_attempt, makePath, refusedBy) => {
    const theirs = join(host.directory, 'volumes');
    await mkdir(theirs);
    const path = await makePath(theirs, host.configFile);
    const filters = parseFilterFile('x', `[Filters]\ncat: PathFilter, cat, root, ${theirs}\n`).filters;
    expect(await outcome(() => decide({ filters, execDirs: systemDirectories }, ['cat', path]))).toMatch(refusedBy);
  });
});

describe.skipIf(skipped)('the root program', () => {
  let host: RootwrapHost;
  let access: DaemonAccess;
  beforeAll(async () => {
    host = await makeRootwrapHost('id: CommandFilter, id, root\nls: CommandFilter, ls, root', 'daemon_timeout=600');
    access = await launchRootDaemon([rootwrapProgram, host.configFile, '--daemon', '--user', String(nobody.uid)]);
  });
  afterAll(() => host.remove());

  const ask = (client: DaemonAccess, fd3?: number): Promise<unknown> => {
    const daemon = new RootDaemonClient(async () => client);
    return runBy((spec) => daemon.start({ ...spec, fd3, secretWords: [] }), ['id', '-u'], { silenceTimeoutMs: 30_000 });
  };

  /** Sends what is not a request of ours and answers what the daemon says after its nonce. */
  const speak = (answer: (nonce: string) => string): Promise<string> =>
    new Promise((resolve) => {
      let said = '';
      const socket = connect(access.socketPath);
      socket.setEncoding('utf8').on('data', (text: string) => {
        const isFirst = said === '';
        said += text;
        if (isFirst) socket.write(answer((JSON.parse(text) as { nonce: string }).nonce));
      });
      socket.on('error', () => {}).on('close', () => resolve(said.split('\n').slice(1).join('\n')));
    });
  const request = JSON.stringify({
    ...{ words: ['id'], secretWords: [], input: '', lockFd: null, endsWithClient: false, maxOutputChars: 1000 },
  });

  it('answers who has the key', async () => {
    expect(await outcome(() => ask(access))).toBe(letPass);
    expect(
      await speak((nonce) => `${JSON.stringify({ request, proof: proofOf(access.key, nonce, request) })}\n`),
    ).toContain('uid=0');
  });

  it('refuses who has not, a proof of another time, of another request, and noise', async () => {
    expect(await outcome(() => ask({ ...access, key: Buffer.alloc(32) }))).toContain('went away');
    const old = proofOf(access.key, '00', request);
    const other = (nonce: string): string => proofOf(access.key, nonce, request.replace('id', 'ls'));
    expect(await speak(() => `${JSON.stringify({ request, proof: old })}\n`)).toBe('');
    expect(await speak((nonce) => `${JSON.stringify({ request, proof: other(nonce) })}\n`)).toBe('');
    expect(await speak(() => 'noise\n')).toBe('');
    expect(
      await speak((nonce) => `${JSON.stringify({ request: '{}', proof: proofOf(access.key, nonce, '{}') })}\n`),
    ).toBe('');
  });

  it("refuses another user's connection, by the socket's mode and by the kernel's word", async () => {
    const program = `require('net').connect('${access.socketPath}').on('error', (e) => console.log(e.code)).on('data', () => console.log('data')).on('close', () => console.log('closed'))`;
    const asOther = (): Promise<{ stdout: string }> =>
      runTool('setpriv', ['--reuid=65533', '--regid=65533', '--clear-groups', '--', process.execPath, '-e', program], {
        timeoutMs: 60_000,
      });
    expect((await asOther()).stdout).toContain('EACCES');
    await chmod(access.socketPath, 0o666);
    expect((await asOther()).stdout).toBe('closed');
    await chmod(access.socketPath, 0o600);
  });

  it('takes nothing for a lock but an open file of the one who asks', async () => {
    expect(await outcome(() => ask(access, 1_000))).toContain('its lock cannot be taken over');
    // Standard input of a test is no file.
    expect(await outcome(() => ask(access, 0))).toMatch(/its lock cannot be taken over|not a file of its own/);
  });

  it.each<
    [
      attempt: string,
      env: Record<string, string>,
      args: (host: RootwrapHost) => string[],
      exitCode: number,
      said: RegExp,
    ]
  >([
    ['none', {}, ({ configFile }) => [configFile, 'id', '-u'], 0, /^0$/],
    [
      'code in NODE_OPTIONS',
      { NODE_OPTIONS: '--require=/nowhere/evil.js' },
      ({ configFile }) => [configFile, 'id', '-u'],
      0,
      /^0$/,
    ],
    [
      'a daemon for somebody else through sudo',
      { SUDO_UID: '65533' },
      ({ configFile }) => [configFile, '--daemon', '--user', '0'],
      98,
      /from root only/,
    ],
    ['a command of no filter', {}, ({ configFile }) => [configFile, 'rm', '/x'], 99, /Unauthorized command: rm \/x/],
    ['a configuration of its own', {}, () => ['/tmp/rootwrap.conf', 'id'], 97, /can be written by others/],
    ['no command', {}, ({ configFile }) => [configFile], 98, /no command/],
  ])('started by hand: %s', async (_attempt, env, args, exitCode, said) => {
    const result = await runTool(rootwrapProgram, args(host), { timeoutMs: 100_000, env });
    expect(result.exitCode, result.stderr).toBe(exitCode);
    expect(`${result.stdout}${result.stderr}`.trim()).toMatch(said);
  });
});
