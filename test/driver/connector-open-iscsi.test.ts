// The words of the open-iscsi connector: connections taken apart, sysfs read, mounts recognized.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as commands from '../../drivers/connector/open-iscsi/commands.ts';
import { parseInitiatorName, pathsOf } from '../../drivers/connector/open-iscsi/parse.ts';
import { isMountedDevice, multipathOver, sessionsOf } from '../../drivers/connector/open-iscsi/sysfs.ts';
import type { ConnectionInfo } from '../../drivers/target/target.ts';
import { shown } from '../../privileged/argv.ts';

const iqn = 'iqn.2010-10.org.openstack:volume-1';
const connection = (data: ConnectionInfo['data']): ConnectionInfo => ({ driver_volume_type: 'iscsi', data });

describe('a connection', () => {
  it('has one path for each portal, the first one first', () => {
    const single = { target_portal: '10.0.0.1:3260', target_iqn: iqn, target_lun: 1 };
    expect(pathsOf(connection(single))).toEqual([{ portal: '10.0.0.1:3260', iqn, lun: 1 }]);
    const several = {
      target_portals: ['10.0.0.1:3260', '[fe80::1]:3260'],
      target_iqns: [iqn, iqn],
      target_luns: [1, 1],
    };
    expect(pathsOf(connection({ ...single, ...several })).map(({ portal }) => portal)).toEqual(several.target_portals);
  });

  it.each<ConnectionInfo['data']>([
    { target_portal: '10.0.0.1:3260', target_iqn: iqn },
    { target_portal: '10.0.0.1', target_iqn: iqn, target_lun: 1 },
    { target_portal: '10.0.0.1:3260', target_iqn: `${iqn} --logout`, target_lun: 1 },
    { target_portal: '--login:1', target_iqn: '-x', target_lun: 1 },
    { target_portal: '10.0.0.1:3260', target_iqn: iqn, target_lun: 'one' },
  ])('that is not what it should be is refused: %j', (data) => {
    expect(() => pathsOf(connection(data))).toThrow('not an iSCSI connection');
  });

  it('shows no password', () => {
    expect(shown(commands.updatePassword({ iqn, portal: '10.0.0.1:3260' }, 'very-secret'))).not.toContain(
      'very-secret',
    );
  });
});

describe('sysfs', () => {
  it('tells which disks a session has brought, and what multipathd has made of them', async () => {
    const root = await mkdtemp(join(tmpdir(), 'scoria-sysfs-'));
    const session = 'class/iscsi_session/session3';
    const files = {
      [`${session}/targetname`]: `${iqn}\n`,
      [`${session}/device/target2:0:0/2:0:0:1/block/sdb/dev`]: '8:16\n',
      [`${session}/device/target2:0:0/2:0:0:0/type`]: '12\n',
      'class/iscsi_connection/connection3:0/persistent_address': '10.0.0.1\n',
      'class/iscsi_connection/connection3:0/persistent_port': '3260\n',
      'class/iscsi_session/session4/targetname': 'iqn.other:x\n',
      'block/sdb/holders/dm-0/x': '',
      'block/dm-0/dm/uuid': 'mpath-3600\n',
      'block/dm-0/dm/name': 'mpatha\n',
    };
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    expect(await sessionsOf(iqn, root)).toEqual([
      { iqn, portal: '10.0.0.1:3260', disks: [{ lun: 1, name: 'sdb', device: '8:16' }] },
    ]);
    expect(await sessionsOf('iqn.none:x', root)).toEqual([]);
    expect(await multipathOver('sdb', root)).toBe('mpatha');
    expect(await multipathOver('sdc', root)).toBeNull();
    await rm(root, { recursive: true });
  });

  it('and mounts are read field by field', () => {
    const mountinfo = '36 35 8:16 / /mnt rw,noatime shared:1 - ext4 /dev/sdb rw\n';
    expect(isMountedDevice(mountinfo, '8:16')).toBe(true);
    expect(isMountedDevice(mountinfo, '8:1')).toBe(false);
  });

  it('and the initiator’s name is read as iscsid reads it', () => {
    expect(parseInitiatorName('# comment\nInitiatorName=iqn.1993-08.org.debian:01:abc\n')).toBe(
      'iqn.1993-08.org.debian:01:abc',
    );
    expect(parseInitiatorName('GenerateName=yes\n')).toBeNull();
  });
});
