// Attempts to make root do more than it should: each row an attempt, and what refuses it. One row of each table is no
// attempt and is let pass, so that a table that refuses everything fails.
import { chmod, chown, copyFile, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseFilterFile } from '../../privileged/filter-file.ts';
import { decide } from '../../privileged/rootwrap/decide.ts';
import { loadRules } from '../../privileged/rootwrap/load.ts';
import {
  letPass,
  makeRootwrapHost,
  nobody,
  outcome,
  systemDirectories,
  whyNoRootwrap,
  type RootwrapHost,
} from './support/rootwrap-host.ts';

const skipped = whyNoRootwrap() !== null;

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
