// The command lines of lvm(8) that Scoria uses. They are built here and run elsewhere.
import type { Argv } from '../../../privileged/argv.ts';

const asJson = ['--reportformat', 'json', '--units', 'b', '--nosuffix'];

export const groupFields = 'vg_name,vg_size,vg_free,vg_extent_size';
/** No field of a segment: lvs would print a row for each of them. */
export const volumeFields = 'lv_name,lv_size,lv_attr,origin,pool_lv,data_percent,lv_tags,lv_active,lv_device_open';

export const showGroup = (group: string): Argv => ['vgs', ...asJson, '--options', groupFields, group];

export const showVolumes = (group: string): Argv => ['lvs', ...asJson, '--options', volumeFields, group];

/** Only the named ones, and the snapshots of them; none of them there is an empty list and not a failure. */
export const showNamed = (group: string, names: readonly string[]): Argv => {
  const select = names.map((name) => `lv_name=${name} || origin=${name}`).join(' || ');
  return ['lvs', ...asJson, '--options', volumeFields, '--select', select, group];
};

/** `--yes`, `--wipesignatures y`: what an earlier owner left at the start must not be taken for a file system. */
export const createThick = (group: string, name: string, sizeBytes: number, tags: readonly string[]): Argv => [
  'lvcreate',
  ...['--yes', '--wipesignatures', 'y', '--zero', 'y', '--name', name, '--size', `${sizeBytes}b`],
  ...[...withTags(tags), group],
];

export const createThin = (
  group: string,
  pool: string,
  name: string,
  sizeBytes: number,
  tags: readonly string[],
): Argv => [
  'lvcreate',
  ...['--yes', '--thinpool', pool, '--name', name, '--virtualsize', `${sizeBytes}b`],
  ...[...withTags(tags), group],
];

/** Room for every block of the origin to change, so that it never overflows: lvcreate(8), %ORIGIN. */
export const createThickSnapshot = (group: string, origin: string, name: string, tags: readonly string[]): Argv => [
  'lvcreate',
  ...['--yes', '--snapshot', '--name', name, '--extents', '100%ORIGIN'],
  ...[...withTags(tags), `${group}/${origin}`],
];

/** `--setactivationskip n`: it is to be there after a restart of the host, as every other. */
export const createThinSnapshot = (group: string, origin: string, name: string, tags: readonly string[]): Argv => [
  'lvcreate',
  ...['--yes', '--snapshot', '--setactivationskip', 'n', '--name', name],
  ...[...withTags(tags), `${group}/${origin}`],
];

/** As Cinder makes it: 95 % of what is free, the rest is for its metadata to grow. */
export const createPool = (group: string, pool: string): Argv => [
  'lvcreate',
  ...['--yes', '--type', 'thin-pool', '--zero', 'y', '--extents', '95%FREE', '--name', pool, group],
];

export const removeTag = (group: string, name: string, tag: string): Argv => [
  'lvchange',
  ...['--deltag', tag, `${group}/${name}`],
];

export const activate = (group: string, name: string): Argv => [
  'lvchange',
  ...['--yes', '--ignoreactivationskip', '--activate', 'y', `${group}/${name}`],
];

export const deactivate = (group: string, name: string): Argv => ['lvchange', '--activate', 'n', `${group}/${name}`];

export const extend = (group: string, name: string, sizeBytes: number): Argv => [
  'lvextend',
  ...['--size', `${sizeBytes}b`, `${group}/${name}`],
];

/** Makes a thick snapshot's copy-on-write area a volume of its own, which can be wiped: lvconvert(8). */
export const splitSnapshot = (group: string, name: string): Argv => [
  'lvconvert',
  ...['--yes', '--splitsnapshot', `${group}/${name}`],
];

export const remove = (group: string, name: string): Argv => ['lvremove', '--yes', '--force', `${group}/${name}`];

export const rename = (group: string, from: string, to: string): Argv => ['lvrename', group, from, to];

export const addTags = (group: string, name: string, tags: readonly string[]): Argv => [
  'lvchange',
  ...withTags(tags),
  `${group}/${name}`,
];

const withTags = (tags: readonly string[]): readonly string[] => tags.flatMap((tag) => ['--addtag', tag]);
