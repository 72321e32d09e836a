// What may run as root: every command of the drivers by exactly one filter, and nothing else.
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import * as libiscsi from '../../drivers/connector/libiscsi/commands.ts';
import * as tgt from '../../drivers/target/tgt/commands.ts';
import { revealed, type Argv } from '../../privileged/argv.ts';
import { parseFilterFile } from '../../privileged/filter-file.ts';
import { matchingFilters } from '../../privileged/filters.ts';
import { filterDirectory, loadFilters, rootCommand, runAsRoot } from '../../privileged/root.ts';

const on = { controlPort: 7 };
const lun = {
  portal: '127.0.0.1:3260',
  iqn: 'iqn.x:y',
  lun: 1,
  initiator: 'iqn.x:z',
  readonly: false,
  chap: null,
  mountpoint: '/s/disk',
};

const commands: readonly Argv[] = [
  tgt.showTargets(on),
  tgt.showAccounts(on),
  tgt.showPortals(on),
  tgt.newTarget(on, 1, 'iqn.x:y'),
  tgt.deleteTarget(on, 1),
  tgt.setTargetState(on, 1, 'offline'),
  tgt.closeConnection(on, 1, 2, 3),
  tgt.newLun(on, 1, 1, '/srv/v'),
  tgt.updateLun(on, 1, 1, { online: '0' }),
  tgt.newAccount(on, { username: 'u', password: 'p' }),
  tgt.deleteAccount(on, 'u'),
  tgt.bindAccount(on, 1, 'u'),
  tgt.allowAll(on, 1),
  tgt.endTgtd(on),
  libiscsi.showLunAsFile(lun),
  libiscsi.unmount(`/srv/connections/${randomUUID()}/disk`),
];

describe('the filters', () => {
  it.each(commands.map((argv) => [argv.slice(0, 9).join(' '), argv] as const))(
    'let pass, exactly once: %s',
    async (_title, argv) => {
      expect(matchingFilters(await loadFilters(filterDirectory), revealed(argv))).toHaveLength(1);
    },
  );

  it.each([
    [['sh', '-c', 'id']],
    [['umount', '/']],
    [['umount', '--lazy', '/srv/connections/../../etc/disk']],
    [['umount', '--lazy', `/srv/connections/${randomUUID()}/disk`, '/']],
    [['/tmp/tgtadm', '--op', 'show']],
    [[' tgtadm']],
  ] as [string[]][])('refuse %j', async ([program = '', ...args]) => {
    await expect(runAsRoot([program, ...args], { silenceTimeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'PermissionDenied',
    });
  });

  it('start the program that the filter names by its full path', async () => {
    const filters = parseFilterFile('x.filters', '[Filters]\nls: CommandFilter, ls, root\n');
    expect((await rootCommand(['ls', '-l'], filters)).at(-2)).toMatch(/^\/(usr\/)?bin\/ls$/);
    const missing = parseFilterFile('x.filters', '[Filters]\nx: CommandFilter, no-such-program, root\n');
    await expect(rootCommand(['no-such-program'], missing)).rejects.toMatchObject({ code: 'CommandMissing' });
  });

  it('are read as oslo.rootwrap reads them', () => {
    const text =
      '# comment\n[DEFAULT]\nx = y\n\n[Filters]\n; other comment\na: CommandFilter, /sbin/lvs, root\nb=RegExpFilter, kill, nova, kill, -\\d+, \\d+\n';
    const filters = parseFilterFile('x.filters', text);
    expect(filters.map(({ name, runAs }) => [name, runAs])).toEqual([
      ['a', 'root'],
      ['b', 'nova'],
    ]);
    const nameOf = (...words: string[]): string[] => matchingFilters(filters, words).map(({ name }) => name);
    expect(nameOf('lvs', '--anything')).toEqual(['a']);
    expect(nameOf('/sbin/lvs')).toEqual(['a']);
    expect(nameOf('kill', '-9', '123')).toEqual(['b']);
    expect(nameOf('kill', '-9', '123x')).toEqual([]);
    expect(nameOf('kill', '-9', '123', '4')).toEqual([]);
  });

  it.each([
    ['[Filters]\na: NoFilter, x, root', 'x.filters:2: unknown filter class NoFilter'],
    ['[Filters]\na: CommandFilter, x', 'x.filters:2: a needs a program and a user'],
    ['[Filters]\nnonsense', 'x.filters:2: not "name:'],
    ['[Filters]\na: RegExpFilter, x, root, (', 'x.filters:2: Invalid regular expression'],
  ])('name file, line and fault of %j', (text, message) => {
    expect(() => parseFilterFile('x.filters', text)).toThrow(message);
  });
});
