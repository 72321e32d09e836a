// The LVM driver's words: what it asks of lvm(8), and what it makes of the answers (captured from LVM 2.03.16).
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesInProgress, copyCommand, eraseCommand } from '../../drivers/data/block-device.ts';
import * as commands from '../../drivers/volume/lvm/commands.ts';
import { lvmVolumeOptions } from '../../drivers/volume/lvm/config.ts';
import { chunkBytesIn, parseWords } from '../../drivers/volume/lvm/cow-area.ts';
import { idIn, snapshotName, tagsOf } from '../../drivers/volume/lvm/names.ts';
import { parseGroup, parseVolumes, refusalOf } from '../../drivers/volume/lvm/parse.ts';
import { poolStats } from '../../drivers/volume/lvm/stats.ts';
import { thickVolumes, thinVolumes, volumeGroup } from './support/lvm-output.ts';

describe('what LVM prints', () => {
  it('is understood for thick volumes and their snapshots', () => {
    const [snapshot, origin] = parseVolumes(thickVolumes);
    expect(origin).toEqual({
      name: 'volume-a',
      sizeBytes: 1024 ** 3,
      origin: null,
      pool: null,
      isPool: false,
      dataPercent: null,
      tags: ['scoria.epoch=3', 'scoria.volume=a'],
      zeroesNewBlocks: false,
      isActive: true,
      isOpen: false,
    });
    expect(snapshot).toMatchObject({ origin: 'volume-a', sizeBytes: 1_082_130_432, dataPercent: 0.78 });
  });

  it('is understood for a thin pool and its volumes', () => {
    const [snapshot, pool, volume] = parseVolumes(thinVolumes);
    expect(pool).toMatchObject({ name: 'vg0-pool', isPool: true, zeroesNewBlocks: true, dataPercent: 0, isOpen: true });
    expect(volume).toMatchObject({ pool: 'vg0-pool', isPool: false, origin: null });
    expect(snapshot).toMatchObject({ pool: 'vg0-pool', origin: 'volume-t' });
    expect(parseGroup(volumeGroup)).toEqual({
      name: 'vg0',
      sizeBytes: 3_217_031_168,
      freeBytes: 163_577_856,
      extentBytes: 4_194_304,
    });
  });

  it.each(['', '{}', '{"report":[]}', '  Volume group "x" not found'])(
    'is an error that shows it where it is anything else: %j',
    (text) => {
      expect(() => parseVolumes(text)).toThrow(JSON.stringify(text));
    },
  );

  it('of a field that is missing or has another form is an error too', () => {
    for (const [from, to] of [
      ['"lv_attr":"owi-a-s---"', '"lv_attr":"?"'],
      ['"lv_size":"1073741824"', '"lv_size":"1.00g"'],
      ['"lv_device_open":""', '"lv_device_open":"perhaps"'],
      ['"origin":"", ', ''],
    ] as const) {
      expect(() => parseVolumes(thickVolumes.replace(from, to))).toThrow('LVM printed');
    }
  });

  it.each([
    ['  Volume group "vg9" not found\n  Cannot process volume group vg9\n', 'Misconfigured', 'is not there'],
    [
      '  Volume group "vg0" has insufficient free space (253 extents): 2304 required.\n',
      'InsufficientSpace',
      'is full',
    ],
    ['  Failed to find logical volume "vg0/_snapshot-a"\n', 'Missing', 'lacks'],
    ['  Logical volume vg0/volume-t in use.\n', 'Busy', 'in use'],
    [
      '  Snapshot origin volumes can be resized only while inactive: try lvchange -an.\n',
      'Busy',
      'resized only while inactive',
    ],
  ])('to refuse is put into words: %j', (stderr, code, words) => {
    const refusal = refusalOf(
      `  WARNING: This metadata update is NOT backed up.\n${stderr}`,
      'vg0',
      'fast.volume_group',
    );
    expect(refusal).toMatchObject({ code, message: expect.stringContaining('vg0 (option fast.volume_group)') });
    expect(refusal?.message).toContain(words);
    expect(refusal?.message).not.toContain('backed up');
  });

  it('and nobody has seen before stays the command’s own error', () => {
    expect(refusalOf('  Something new.\n', 'vg0', 'x')).toBeNull();
  });
});

describe('the LVM driver’s marks', () => {
  it('say whose a volume is', () => {
    const [id, operationId] = [randomUUID(), randomUUID()];
    const tags = tagsOf({ kind: 'volume', id, operationId, epoch: 7 });
    expect(tags).toEqual([`scoria.volume=${id}`, `scoria.operation=${operationId}`, 'scoria.epoch=7']);
    expect(idIn(`volume-${id}`, 'volume')).toBe(id);
    expect(idIn(snapshotName(id), 'snapshot')).toBe(id);
    expect(idIn(`volume-${id}`, 'snapshot')).toBeNull();
    expect(idIn('volume-of-the-operator', 'volume')).toBeNull();
    expect(() => snapshotName('../x')).toThrow('not a UUID');
  });
});

describe('the LVM driver’s pool', () => {
  const options = lvmVolumeOptions.parse({ volume_backend_name: 'lvm-1', volume_group: 'vg0' });
  const group = parseGroup(volumeGroup);

  it('counts what a thick group has left', () => {
    const volumes = parseVolumes(thickVolumes);
    expect(poolStats(options, { group, volumes, pool: null }, 'iSCSI')).toMatchObject({
      totalGib: 3,
      freeGib: 0.15,
      thinProvisioning: false,
      capabilities: { provisioned_capacity_gb: 2.01, total_volumes: 2, thick_provisioning_support: true },
    });
  });

  it('counts what a thin pool holds and has promised', () => {
    const volumes = parseVolumes(thinVolumes).map((lv) => (lv.isPool ? { ...lv, dataPercent: 50 } : lv));
    const pool = volumes.find((lv) => lv.isPool) ?? null;
    const ratio = { ...options, max_over_subscription_ratio: 'auto' as const };
    expect(poolStats(ratio, { group, volumes, pool }, 'iSCSI')).toMatchObject({
      totalGib: 2.84,
      freeGib: 1.42,
      thinProvisioning: true,
      capabilities: { provisioned_capacity_gb: 3, total_volumes: 2, thin_provisioning_support: true },
    });
  });
});

describe('a copy-on-write area', () => {
  it('says how large its chunks are, or that it is none', () => {
    expect(chunkBytesIn(parseWords('           6178303571          34359738369\n'))).toBe(4096);
    expect(chunkBytesIn(parseWords(' 1883336275 34359738369\n')), 'not valid any more').toBeNull();
    expect(chunkBytesIn(parseWords(' 0 0\n')), 'erased').toBeNull();
    expect(() => parseWords('od: cannot')).toThrow('od printed');
  });
});

describe('dd', () => {
  it('tells its progress', () => {
    const printed =
      '4194304 bytes (4.2 MB, 4.0 MiB) copied, 1 s, 4 MB/s\r8388608 bytes (8.4 MB, 8.0 MiB) copied, 2 s, 4 MB/s';
    expect(bytesInProgress(printed)).toBe(8_388_608);
    expect(bytesInProgress('8+0 records in\n')).toBeNull();
  });

  it('goes past the page cache, and erases as gently as the operator wants', () => {
    const copy = { from: '/dev/a/b', to: '/dev/a/c', lengthBytes: 5, blockSize: '1M', skipZeros: true };
    expect(copyCommand(copy).join(' ')).toBe(
      'dd if=/dev/a/b of=/dev/a/c bs=1M count=5 iflag=count_bytes,direct oflag=direct conv=fsync,sparse status=progress',
    );
    const erasure = { path: '/dev/a/b', lengthBytes: 5, blockSize: '1M', ionice: '-c 2 -n 7' };
    expect(eraseCommand(erasure).slice(0, 5)).toEqual(['ionice', '-c2', '-n7', 'dd', 'if=/dev/zero']);
    expect(eraseCommand({ ...erasure, ionice: null })[0]).toBe('dd');
  });
});

describe('options of the LVM driver', () => {
  it.each([
    { volume_group: '-rf' },
    { volume_group: 'a/b' },
    { lvm_type: 'mirror' },
    { volume_clear_ionice: '-c9' },
    { volume_dd_blocksize: '1 M' },
  ])('refuse %j', (wrong) => {
    expect(lvmVolumeOptions.safeParse({ volume_backend_name: 'x', ...wrong }).success).toBe(false);
  });

  it('are Cinder’s by default', () => {
    expect(lvmVolumeOptions.parse({ volume_backend_name: 'x' })).toMatchObject({
      volume_group: 'cinder-volumes',
      lvm_type: 'auto',
      volume_clear: 'zero',
    });
  });

  it('select volumes by name, and their snapshots', () => {
    expect(commands.showNamed('vg0', ['a', 'b']).slice(-3)).toEqual([
      '--select',
      'lv_name=a || origin=a || lv_name=b || origin=b',
      'vg0',
    ]);
  });
});
