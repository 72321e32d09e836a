// What rbd and ceph print, understood; and what Scoria says to them.
import { describe, expect, it } from 'vitest';
import { showImageAsFile } from '../../drivers/connector/librbd/commands.ts';
import { rbdConnectionSchema } from '../../drivers/connector/librbd/connection.ts';
import { openError } from '../../drivers/connector/librbd/parse.ts';
import * as commands from '../../drivers/volume/rbd/commands.ts';
import { rbdVolumeOptions } from '../../drivers/volume/rbd/config.ts';
import * as parse from '../../drivers/volume/rbd/parse.ts';
import * as printed from './support/rbd-output.ts';

const gib = 1024 ** 3;

describe('what rbd and ceph print', () => {
  it('is understood', () => {
    expect(parse.parseImage(printed.cloneInfo)).toMatchObject({
      ...{ name: 'b', sizeBytes: gib, snapshots: 0, isProtected: false },
      parent: { pool: 'volumes', image: 'a', snapshot: 's' },
    });
    expect(parse.parseImage(printed.snapshotInfo)).toMatchObject({ snapshots: 1, isProtected: true, parent: null });
    expect(parse.parseChildren(printed.children)).toEqual(['volumes/b']);
    expect(parse.parseSnapshots(printed.snapshots)).toEqual([{ name: 's', sizeBytes: gib, isVisible: true }]);
    expect(parse.parseList(printed.list).map(({ image, snapshot }) => [image, snapshot])).toEqual([
      ['a', null],
      ['a', 's'],
      ['b', null],
    ]);
    expect(parse.parseMonitors(printed.monitors)).toEqual({
      fsid: 'da5bf46f-90d7-4f00-bce3-d12f764478c2',
      addresses: [{ host: '127.0.0.1', port: '17789' }],
    });
    expect(parse.parseUse(printed.use, 'volumes')).toEqual({
      ...{ clusterBytes: 4 * gib, usedBytes: 404, freeBytes: 3_775_853_312 },
    });
    expect(parse.parseUse(printed.useWithoutManager, 'volumes')).toBeNull();
    expect(parse.parseQuotaBytes(printed.quota)).toBe(gib);
    expect(parse.parseWatchers('{"watchers":[{"address":"127.0.0.1:0/1","client":4216,"cookie":1}]}')).toEqual([
      '127.0.0.1:0/1',
    ]);
    expect(parse.parseProgress(printed.progress)).toBe(1);
    expect(parse.parseProgress('Removing image: 7% complete...')).toBe(0.07);
    expect(parse.parseProgress('')).toBeNull();
  });

  it('is an error that shows it when it is something else, never an empty list', () => {
    for (const [read, text] of [
      [parse.parseList, ''],
      [parse.parseList, '{}'],
      [parse.parseSnapshots, '[{"name":""}]'],
      [parse.parseImage, '[]'],
      [parse.parseMonitors, '{"fsid":"x","mons":[]}'],
    ] as const) {
      expect(() => read(text)).toThrow(expect.objectContaining({ code: 'UnexpectedOutput' }));
    }
  });

  it.each([
    ['noConf', 'Misconfigured', 'rbd_ceph_conf'],
    ['noPool', 'Misconfigured', 'rbd_pool'],
    ['noPoolForCeph', 'Misconfigured', 'rbd_pool'],
    ['unknownClient', 'PermissionDenied', 'rbd_user'],
    ['silentClient', 'PermissionDenied', 'rbd_user'],
    ['noKeyring', 'PermissionDenied', 'rbd_user'],
    ['silentMonitor', 'Unreachable', 'does not answer'],
    ['open', 'Busy', 'still has watchers'],
    ['noImage', 'Missing', 'zz'],
  ] as const)('says who has to act: %s', (name, code, words) => {
    expect(parse.refusalOf(printed.refusals[name], 'back-end x')).toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
  });

  it.each([
    ['error reading header from nono: No such file or directory', 'Missing'],
    ['error opening pool nopool: No such file or directory', 'Misconfigured'],
    ['error connecting: Permission denied', 'PermissionDenied'],
    ['error reading conf file /none: No such file or directory', 'Misconfigured'],
    ["Unknown driver 'rbd'", 'CommandMissing'],
    ['', 'CommandFailed'],
  ])('says why QEMU could not open an image: %s', (log, code) => {
    expect(openError(log, 'p/i')).toMatchObject({ code });
  });
});

describe('the command lines', () => {
  const options = (more: object) =>
    rbdVolumeOptions.parse({ volume_backend_name: 'x', rbd_connections_dir: '/s', ...more });

  it('name the cluster, the client and the time limit only where they are set', () => {
    expect(commands.showImage(options({}), 'rbd/v').join(' ')).toBe('rbd --format json info rbd/v');
    const more = { rbd_ceph_conf: '/e/c.conf', rbd_user: 'cinder', rbd_cluster_name: 'far', rados_connect_timeout: 5 };
    expect(commands.showUse(options(more)).join(' ')).toBe(
      'ceph --conf /e/c.conf --cluster far --id cinder --connect-timeout 5 --format json df',
    );
    expect(commands.remove(options(more), 'p/v').join(' ')).toBe(
      'rbd --conf /e/c.conf --cluster far --id cinder --client-mount-timeout 5 --rados-mon-op-timeout 5 ' +
        '--rados-osd-op-timeout 5 rm p/v',
    );
  });

  it.each([{ rbd_pool: '-p' }, { rbd_pool: 'a/b' }, { rbd_user: '' }, { rbd_ceph_conf: 'ceph.conf' }])(
    'are never made of %j',
    (more) => {
      expect(rbdVolumeOptions.safeParse({ volume_backend_name: 'x', rbd_connections_dir: '/s', ...more }).success).toBe(
        false,
      );
    },
  );

  it('show an image as a file through QEMU', () => {
    const image = { pool: 'p', image: 'volume-1', snapshot: 's', conf: '/e/a,b.conf', user: 'u', readonly: true };
    const argv = showImageAsFile({ ...image, monitors: [{ host: '::1', port: '6789' }], mountpoint: '/s/disk' });
    expect(argv.join(' ')).toBe(
      'qemu-storage-daemon --blockdev driver=rbd,node-name=image,pool=p,image=volume-1,snapshot=s,conf=/e/a,,b.conf,' +
        'user=u,server.0.host=::1,server.0.port=6789,discard=unmap,read-only=on ' +
        '--export type=fuse,id=file,node-name=image,mountpoint=/s/disk,writable=off',
    );
  });
});

it.each(['volumes', 'a/b/c', '-p/x', 'p/x@', 'p/x y', 'p/x:conf=/etc/passwd'])(
  'a connection to the image %j is refused',
  (name) => {
    const data = { name, hosts: ['h'], ports: ['1'], cluster_name: 'ceph', auth_username: null, secret_uuid: null };
    expect(rbdConnectionSchema.safeParse({ ...data, name: 'p/volume-1' }).success).toBe(true);
    expect(rbdConnectionSchema.safeParse(data).success).toBe(false);
  },
);
