// The lists that are measured: first and middle pages, orders, filters, counts and sums.
import type { Filled } from './fill.ts';

interface ListRequest {
  readonly name: string;
  readonly path: (filled: Filled) => string;
}

const plain = (name: string, path: string): ListRequest => ({ name, path: () => path });

/** What snapshots and backups have in common with volumes. */
const common = (kind: string, middle: (filled: Filled) => string): readonly ListRequest[] => [
  plain(`${kind}, detail, 1,000`, `/${kind}/detail?limit=1000`),
  plain(`${kind}, detail, 50`, `/${kind}/detail?limit=50`),
  {
    name: `${kind}, detail, 50 from the middle`,
    path: (filled) => `/${kind}/detail?limit=50&marker=${middle(filled)}`,
  },
  plain(`${kind}, all projects, 50`, `/${kind}/detail?limit=50&all_tenants=1`),
  plain(`${kind} by name, 50`, `/${kind}/detail?limit=50&sort=name:asc`),
  {
    name: `${kind} by name, 50 from the middle`,
    path: (filled) => `/${kind}/detail?limit=50&sort=name:asc&marker=${middle(filled)}`,
  },
  plain(`${kind} in error`, `/${kind}/detail?limit=50&status=error`),
  plain(`${kind} in error, all projects`, `/${kind}/detail?limit=50&status=error&all_tenants=1`),
  plain(`${kind} of one name`, `/${kind}/detail?limit=50&name=${kind.slice(0, -1)}%20101`),
  plain(`${kind}, counted`, `/${kind}?limit=50&with_count=true`),
];

export const requests: readonly ListRequest[] = [
  ...common('volumes', ({ middleVolume }) => middleVolume),
  plain('volumes by size, 50', '/volumes/detail?limit=50&sort=size:desc'),
  plain('volumes, name like', '/volumes/detail?limit=50&name~=ume%20101'),
  plain('volumes of one metadata item', "/volumes/detail?limit=50&metadata={'k':'501'}"),
  plain('bootable volumes', '/volumes/detail?limit=50&bootable=true'),
  plain('volumes of a host', '/volumes/detail?limit=50&host=h7@lf&all_tenants=1'),
  plain('volumes of a time', '/volumes/detail?limit=50&created_at=lt:2026-01-01T00:05:00'),
  { name: 'a volume', path: ({ middleVolume }) => `/volumes/${middleVolume}` },
  plain('summary', '/volumes/summary'),
  plain('summary, all projects', '/volumes/summary?all_tenants=1'),
  plain('quota with its use', '/os-quota-sets/fedcba98765432100123456789abcdef?usage=True'),
  plain('limits', '/limits'),
  ...common('snapshots', ({ middleSnapshot }) => middleSnapshot),
  {
    name: 'snapshots of a volume',
    path: ({ middleVolume }) => `/snapshots/detail?limit=50&volume_id=${middleVolume}`,
  },
  ...common('backups', ({ middleBackup }) => middleBackup),
  { name: 'backups of a volume', path: ({ middleVolume }) => `/backups/detail?limit=50&volume_id=${middleVolume}` },
  plain('attachments, detail, 50', '/attachments/detail?limit=50'),
  plain('attachments, all projects, 50', '/attachments/detail?limit=50&all_tenants=1'),
  { name: 'attachments of an instance', path: ({ instance }) => `/attachments?instance_id=${instance}` },
  { name: 'attachments of a volume', path: ({ middleVolume }) => `/attachments?volume_id=${middleVolume}` },
  plain('messages, 50', '/messages?limit=50'),
  plain('operations, 50', '/operations?limit=50'),
  plain('paused operations', '/operations?limit=50&state=paused'),
  {
    name: 'operations of a volume',
    path: ({ middleVolume }) => `/operations?limit=50&resource_id=${middleVolume}`,
  },
  plain('types', '/types'),
];
