// What may run as root: every command of the drivers by exactly one filter, and nothing else.
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unmount } from '../../drivers/connector/shown-file.ts';
import * as libiscsi from '../../drivers/connector/libiscsi/commands.ts';
import { copyCommand, eraseCommand } from '../../drivers/data/block-device.ts';
import * as lvm from '../../drivers/volume/lvm/commands.ts';
import { showWords } from '../../drivers/volume/lvm/cow-area.ts';
import { cloneSourceName, halfMade, snapshotName, tagsOf, volumeName } from '../../drivers/volume/lvm/names.ts';
import * as nfs from '../../drivers/nfs/commands.ts';
import * as openIscsi from '../../drivers/connector/open-iscsi/commands.ts';
import * as lio from '../../drivers/target/lio/commands.ts';
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

const [volume, snapshot] = [volumeName(randomUUID()), snapshotName(randomUUID())];
const tags = tagsOf({ kind: 'volume', id: randomUUID(), operationId: randomUUID(), epoch: 1 });
const snapshotTags = tagsOf({ kind: 'snapshot', id: randomUUID(), operationId: randomUUID(), epoch: 1 });
const cloneTags = tagsOf({ kind: 'clone-source', id: randomUUID(), operationId: randomUUID(), epoch: 1 });
const erasure = { path: `/dev/vg-1/${volume}`, lengthBytes: 5, blockSize: '1M', ionice: null };
const copy = { to: `/dev/vg-1/${volume}`, lengthBytes: 5, blockSize: '1M', skipZeros: false };

const lvmCommands: readonly Argv[] = [
  lvm.showGroup('vg-1'),
  lvm.showVolumes('vg-1'),
  lvm.showNamed('vg-1', [volume, snapshot]),
  lvm.createThick('vg-1', volume, 5, tags),
  lvm.createThick('vg-1', volume, 5, [...tags, halfMade]),
  lvm.createThin('vg-1', 'vg-1-pool', volume, 5, tags),
  lvm.createThin('vg-1', 'vg-1-pool', volume, 5, [...tags, halfMade]),
  lvm.createThickSnapshot('vg-1', volume, snapshot, snapshotTags),
  lvm.createThickSnapshot('vg-1', volume, cloneSourceName(randomUUID()), cloneTags),
  lvm.createThinSnapshot('vg-1', volume, snapshot, snapshotTags),
  lvm.createThinSnapshot('vg-1', snapshot, volume, tags),
  lvm.createPool('vg-1', 'vg-1-pool'),
  lvm.removeTag('vg-1', volume, halfMade),
  lvm.removeTag('vg-1', snapshot, snapshotTags[0] ?? ''),
  lvm.addTags('vg-1', volume, tags.slice(0, 1)),
  lvm.addTags('vg-1', snapshot, snapshotTags),
  lvm.activate('vg-1', snapshot),
  lvm.deactivate('vg-1', volume),
  lvm.extend('vg-1', volume, 5),
  lvm.splitSnapshot('vg-1', snapshot),
  lvm.rename('vg-1', 'legacy', volume),
  lvm.rename('vg-1', volume, volumeName(randomUUID())),
  lvm.rename('vg-1', snapshot, 'legacy'),
  lvm.remove('vg-1', cloneSourceName(randomUUID())),
  copyCommand({ ...copy, from: `/dev/vg-1/${snapshot}` }),
  copyCommand({ ...copy, from: `/dev/vg-1/${cloneSourceName(randomUUID())}`, skipZeros: true }),
  eraseCommand(erasure),
  eraseCommand({ ...erasure, ionice: '-c3' }),
  eraseCommand({ ...erasure, ionice: '-c2 -n 7' }),
  showWords(`/dev/vg-1/${snapshot}`, 4096),
];

const iqn = `iqn.2010-10.org.openstack:${volume}`;
const [backing, group] = [lio.backingDirectory('iblock', volume), lio.groupDirectory(iqn)];
const lioCommands: readonly Argv[] = [
  lio.loadModules,
  lio.makeObjects(`${lio.configfs}/iscsi`),
  lio.makeObjects(backing),
  lio.makeObjects(`${group}/lun/lun_1`),
  lio.makeObjects(`${group}/np/[fe80::1]:3260`),
  lio.removeObject(backing),
  lio.removeObject(`${group}/lun/lun_0`),
  lio.removeObject(group),
  lio.removeObject(lio.targetDirectory(iqn)),
  lio.setAttribute(`${backing}/wwn/vpd_unit_serial`),
  lio.setAttribute(`${group}/attrib/authentication`),
  lio.setAttribute(`${group}/auth/password`),
  lio.link(backing, `${group}/lun/lun_1/volume`),
  lio.unlink(`${group}/lun/lun_1/volume`),
];

const node = { iqn, portal: '127.0.0.1:3260' };
const openIscsiCommands: readonly Argv[] = [
  openIscsi.showNode(node),
  openIscsi.newNode(node),
  openIscsi.updateNode(node, 'node.session.auth.username', 'u'),
  openIscsi.updatePassword({ ...node, portal: '[fe80::1]:3260' }, 'p p'),
  openIscsi.login(node),
  openIscsi.rescan(node),
  openIscsi.logout(node),
  openIscsi.deleteNode(node),
  openIscsi.multipathStatus,
  openIscsi.flushMultipath('mpatha'),
  openIscsi.flushDevice('sdb'),
  openIscsi.deleteDevice('sdb'),
];

const commands: readonly Argv[] = [
  ...lvmCommands,
  ...lioCommands,
  ...openIscsiCommands,
  nfs.mountShare('nas-1.example:/srv/share', `/var/lib/scoria/mnt/${'0'.repeat(32)}`, null),
  nfs.mountShare('[fd00::1]:/', `/var/lib/scoria/mnt/${'0'.repeat(32)}`, 'vers=4.2,soft'),
  nfs.unmountShare(`/var/lib/scoria/mnt/${'0'.repeat(32)}`),
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
  unmount(`/srv/connections/${randomUUID()}/disk`),
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
    [['mount', '-t', 'nfs', '-o', 'suid', 'nas:/x', `/mnt/${'0'.repeat(32)}`]],
    [['mount', '-t', 'nfs', '-o', 'nosuid,nodev', 'nas:/x', '/usr']],
    [['mount', '-t', 'ext4', '-o', 'nosuid,nodev', 'nas:/x', `/mnt/${'0'.repeat(32)}`]],
    [['umount', '--lazy', '/srv/connections/../../etc/disk']],
    [['umount', '--lazy', `/srv/connections/${randomUUID()}/disk`, '/']],
    [['/tmp/tgtadm', '--op', 'show']],
    [['lvremove', '--yes', '--force', 'vg-1']],
    [['tee', '/etc/passwd']],
    [['tee', '/sys/block/sda/device/../../../../etc/delete']],
    [['rmdir', `${lio.configfs}/iscsi/iqn.2010-10.org.openstack:someone-else`]],
    [['iscsiadm', '-m', 'node', '--logoutall=all']],
    [['iscsiadm', '-m', 'node', '-T', 'iqn.x:y', '-p', '1.2.3.4:1', '-o', 'update', '-n', 'node.startup', '-v', 'x']],
    [['lvremove', '--yes', '--force', 'vg-1/root']],
    [['lvs', '--config', 'x', '--reportformat', 'json']],
    [['dd', 'if=/etc/shadow', `of=/dev/vg-1/${volume}`]],
    [[...eraseCommand({ ...erasure, path: '/dev/sda' })] as string[]],
    [[...eraseCommand({ ...erasure, path: `/dev/../etc/${volume}` })] as string[]],
    [[...eraseCommand({ ...erasure, path: `/dev/../${volume}` })] as string[]],
    [[' tgtadm']],
  ] as [string[]][])('refuse %j', async ([program = '', ...args]) => {
    await expect(runAsRoot([program, ...args], { silenceTimeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'PermissionDenied',
    });
  });

  it('start the program that the filter names by its full path', async () => {
    const filters = parseFilterFile('x.filters', '[Filters]\nls: CommandFilter, ls, root\n').filters;
    expect((await rootCommand(['ls', '-l'], filters)).at(-2)).toMatch(/^\/(usr\/)?bin\/ls$/);
    const missing = parseFilterFile('x.filters', '[Filters]\nx: CommandFilter, no-such-program, root\n').filters;
    await expect(rootCommand(['no-such-program'], missing)).rejects.toMatchObject({ code: 'CommandMissing' });
  });

  it('are read as oslo.rootwrap reads them', () => {
    const text =
      '# comment\n[Other]\nx = y\n\n[Filters]\n; other comment\na: CommandFilter, /sbin/lvs, root\nb=RegExpFilter, kill, nova, kill, -\\d+, \\d+\n';
    const { filters } = parseFilterFile('x.filters', text);
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
    ['a: CommandFilter, x, root', 'x.filters:1: stands before the first [section]'],
    ['[Other]\na: CommandFilter, x, root', 'x.filters: has no section [Filters]'],
    ['[Filters]\na: CommandFilter, x', 'x.filters:2: a needs a program and a user'],
    ['[Filters]\nnonsense', 'x.filters:2: not "name:'],
  ])('name file, line and fault of %j', (text, message) => {
    expect(() => parseFilterFile('x.filters', text)).toThrow(message);
  });

  it.each([
    ['a: NoFilter, x, root', 'x.filters:2: a is skipped: unknown filter class NoFilter'],
    ['a: RegExpFilter, x, root, (', 'x.filters:2: a lets nothing pass: Invalid regular expression'],
  ])('go on without a line that oslo.rootwrap goes on without, and say so: %s', (line, problem) => {
    const { problems } = parseFilterFile('x.filters', `[Filters]\n${line}\nb: CommandFilter, ls, root\n`);
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  it('of Scoria itself have no such line', () => {
    for (const name of readdirSync(filterDirectory)) {
      const text = readFileSync(join(filterDirectory, name), 'utf8');
      expect(parseFilterFile(name, text).problems).toEqual([]);
    }
  });
});
