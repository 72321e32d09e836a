// What the instance driver libvirt reads, writes and may run, and what the guest's image is made of; needs no libvirtd.
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as commands from '../../drivers/connector/libvirt/commands.ts';
import { chooseDevice } from '../../drivers/connector/libvirt/device-name.ts';
import { diskXml } from '../../drivers/connector/libvirt/disk-xml.ts';
import { parseDisks } from '../../drivers/connector/libvirt/domain-disks.ts';
import { translateFailure } from '../../drivers/connector/libvirt/failures.ts';
import { oneMonitorMustListen } from '../../drivers/connector/libvirt/portal.ts';
import { secretUuid } from '../../drivers/connector/libvirt/secret.ts';
import { escapeXml, parseXml } from '../../drivers/connector/libvirt/xml.ts';
import { isUuid } from '../../domain/ids.ts';
import { revealed } from '../../privileged/argv.ts';
import { matchingFilters } from '../../privileged/filters.ts';
import { filterDirectory, loadFilters } from '../../privileged/root.ts';
import { runTool } from '../../privileged/tool.ts';
import { cpioArchive } from '../../workers/embedded/guest/cpio.ts';

const [id, volumeId] = [randomUUID(), randomUUID()];
const on = { connectionUri: 'qemu+unix:///system?socket=/run/scoria/0/libvirt-sock' };
const file = `/var/lib/scoria/virsh/${volumeId}`;

const iscsi = (portal: string, name = 'iqn.x:y') =>
  ({ driver_volume_type: 'iscsi', data: { target_portal: portal, target_iqn: name, target_lun: 1 } }) as const;

describe('a device name', () => {
  it.each([
    [['vda'], null, 'vdb'],
    [['vda', 'vdc'], null, 'vdb'],
    ['abcdefghijklmnopqrstuvwxyz'.split('').map((letter) => `vd${letter}`), null, 'vdaa'],
    [['vda'], '/dev/vdd', 'vdd'],
    [['vda'], 'sdc', 'vdc'],
    [['vda'], 'auto', 'vdb'],
  ])('with %j in use and %j wished for is %s', (inUse, wish, device) => {
    expect(chooseDevice(new Set(inUse), wish)).toBe(device);
  });

  it.each(['/dev/vda', '../vdb', 'vdb; rm', 'nvme0n1'])('%j is refused', (wish) => {
    expect(() => chooseDevice(new Set(['vda']), wish)).toThrow(expect.objectContaining({ code: 'AttachRefused' }));
  });
});

describe('a disk’s definition', () => {
  const spec = { volumeId, auth: null, target: 'vdb', readonly: false };

  it('holds every value escaped, so that none becomes an element', () => {
    const name = `iqn.x:'/><evil a="&`;
    const auth = { username: `u'&<`, secretUuid: id };
    const parsed = parseXml(diskXml({ ...spec, connection: iscsi('[::1]:3260', name), auth, readonly: true }));
    expect(parsed).toMatchObject({
      disk: [
        {
          '@type': 'network',
          source: {
            '@name': `${name}/1`,
            host: { '@name': '::1', '@port': '3260' },
            auth: { '@username': `u'&<`, secret: { '@uuid': id } },
          },
          serial: volumeId,
          readonly: '',
        },
      ],
    });
    expect(() => escapeXml('a\u0000b')).toThrow(TypeError);
  });

  it('leads to every monitor of an RBD volume, with the client whose key libvirt has', () => {
    const data = {
      ...{ name: 'volumes/volume-1', hosts: ['10.0.0.1', '::1'], ports: ['6789', '6790'], cluster_name: 'ceph' },
      ...{ auth_enabled: true, auth_username: 'cinder', secret_type: 'ceph', secret_uuid: id, discard: true },
    };
    const connection = { driver_volume_type: 'rbd', data } as const;
    expect(parseXml(diskXml({ ...spec, connection }))).toMatchObject({
      disk: [
        {
          '@type': 'network',
          source: {
            '@protocol': 'rbd',
            '@name': 'volumes/volume-1',
            host: [{ '@name': '10.0.0.1' }, { '@name': '::1', '@port': '6790' }],
            auth: { '@username': 'cinder', secret: { '@type': 'ceph', '@uuid': id } },
          },
        },
      ],
    });
    const evil = { ...data, name: `volumes/a'/><evil` };
    expect(() => diskXml({ ...spec, connection: { driver_volume_type: 'rbd', data: evil } })).toThrow('rbd connection');
  });

  it('is made when one of Ceph’s monitors answers, and not when none does', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const [open, closed] = [
      { host: '127.0.0.1', port },
      { host: '127.0.0.1', port: 1 },
    ];
    const { signal } = new AbortController();
    await oneMonitorMustListen([closed, open], signal);
    await expect(oneMonitorMustListen([closed], signal)).rejects.toMatchObject({
      code: 'Unreachable',
      message: expect.stringContaining('a Ceph monitor at 127.0.0.1:1'),
    });
    server.close();
  });

  it.each(['127.0.0.1', '127.0.0.1:x', '/etc/passwd:1', 'host:70000', ''])('is not made of the portal %j', (portal) => {
    expect(() => diskXml({ ...spec, connection: iscsi(portal) })).toThrow(
      expect.objectContaining({ code: 'UnexpectedOutput' }),
    );
  });

  it.each([
    [{ device_path: '/var/lib/shares/0/volume-1' }, 'raw'],
    [{ device_path: '/var/lib/shares/0/volume-1', format: 'qcow2' }, 'qcow2'],
  ] as const)('is a file of a mounted share, read in its own format: %j', (data, format) => {
    const [disk] = (
      parseXml(diskXml({ ...spec, connection: { driver_volume_type: 'local', data } })) as { disk: object[] }
    ).disk;
    expect(disk).toMatchObject({ '@type': 'file', driver: { '@type': format }, source: { '@file': data.device_path } });
  });

  it('is read back from an instance’s, however many disks that has', () => {
    const disk = diskXml({ ...spec, connection: iscsi('127.0.0.1:3260') });
    expect(parseDisks(`<domain><devices>${disk}</devices></domain>`)).toEqual([{ target: 'vdb', serial: volumeId }]);
    expect(parseDisks('<domain><devices/></domain>')).toEqual([]);
    expect(parseDisks("<domain><devices><disk><target dev='hdc'/></disk><console/></devices></domain>")).toEqual([
      { target: 'hdc', serial: null },
    ]);
    for (const nonsense of ['', 'error: no', '<domain><devices><disk/></devices></domain>']) {
      expect(() => parseDisks(nonsense)).toThrow(expect.objectContaining({ code: 'UnexpectedOutput' }));
    }
  });
});

describe('a failure of virsh', () => {
  it.each([
    [
      "error: failed to connect to the hypervisor\nerror: Failed to connect socket to '/run/x': No such file or directory",
      'Unreachable',
    ],
    [`error: failed to get domain '${id}'`, 'Missing'],
    [
      "error: internal error: unable to execute QEMU command 'blockdev-add': iSCSI: Failed to connect to LUN : Failed to log in to target. Status: Authentication failure(513)",
      'PermissionDenied',
    ],
    [
      "error: internal error: unable to execute QEMU command 'blockdev-add': iSCSI: Failed to connect to LUN : Failed to log in to target. Status: Target not found(515)",
      'Unreachable',
    ],
    ['error: internal error: No more available PCI slots', 'AttachRefused'],
    [
      "error: internal error: unable to execute QEMU command 'device_del': Device virtio-disk1 is already in the process of unplug",
      'Busy',
    ],
    [
      "error: Failed to resize block device 'vdb'\nerror: internal error: unable to execute QEMU command 'block_resize': Cannot grow iSCSI devices",
      'Busy',
    ],
    ['error: something new', 'CommandFailed'],
    ['', 'CommandFailed'],
  ] as const)('%j is %s', (stderr, code) => {
    expect(translateFailure(stderr, 'plugging')).toMatchObject({
      code,
      message: expect.stringMatching(/^plugging: ./),
    });
  });
});

describe('a volume’s secret', () => {
  it('has one UUID for each instance, the same every time', () => {
    const owner = { instanceId: id, volumeId };
    expect(isUuid(secretUuid(owner))).toBe(true);
    expect(secretUuid(owner)).toBe(secretUuid({ ...owner }));
    expect(secretUuid({ ...owner, instanceId: volumeId })).not.toBe(secretUuid(owner));
  });
});

describe('virsh as root', () => {
  const all = [
    commands.showVersion(on),
    commands.listNames(on),
    commands.listStates(on),
    commands.showInstance(on, id),
    commands.showLive(on, id),
    commands.showDefinition(on, id),
    commands.attachDevice(on, id, file, ['--live', '--config']),
    commands.attachDevice(on, id, file, ['--config']),
    commands.detachDisk(on, id, 'vdb', '--live'),
    commands.resizeDisk(on, id, 'vdb', 1024),
    commands.defineSecret(on, file),
    commands.setSecret(on, id, file),
    commands.undefineSecret(on, id),
  ];
  it.each(all.map((argv) => [argv.slice(4).join(' '), argv] as const))(
    'is let pass by exactly one filter: %s',
    async (_title, argv) => {
      expect(matchingFilters(await loadFilters(filterDirectory), revealed(argv))).toHaveLength(1);
    },
  );

  it.each([
    ['qemu-monitor-command', id, 'x'],
    ['define', file],
    ['destroy', id],
    ['dumpxml', id, '--security-info'],
  ])('is refused: %s', async (...words) => {
    expect(
      matchingFilters(await loadFilters(filterDirectory), [
        'virsh',
        '--connect',
        on.connectionUri,
        '--quiet',
        ...words,
      ]),
    ).toEqual([]);
  });
});

describe('an initramfs archive', () => {
  it('is one that cpio unpacks', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'scoria-cpio-'));
    try {
      const archive = cpioArchive([
        { path: 'bin', kind: 'directory', mode: 0o755 },
        { path: 'bin/x', kind: 'file', mode: 0o755, content: Buffer.from('hello') },
        { path: 'empty', kind: 'file', mode: 0o600 },
      ]);
      await writeFile(join(directory, 'a.cpio'), archive);
      const unpacked = await runTool('busybox', ['cpio', '-i', '-d', '-F', join(directory, 'a.cpio')], {
        timeoutMs: 20_000,
        cwd: directory,
      });
      expect(unpacked.exitCode, unpacked.stderr).toBe(0);
      expect(await readFile(join(directory, 'bin/x'), 'utf8')).toBe('hello');
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
