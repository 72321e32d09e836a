// Which quota counters a resource uses: the project's own and, for typed ones, the type's (`volumes_<type>`).

export interface CounterChange {
  readonly resource: string;
  readonly delta: number;
}

function withType(changes: readonly CounterChange[], typeName: string | null): CounterChange[] {
  if (typeName === null) return [...changes];
  return changes.flatMap((change) => [change, { resource: `${change.resource}_${typeName}`, delta: change.delta }]);
}

/** Counters of `count` volumes (negative to give back) of `sizeGib` each. */
export function volumeQuota(count: number, sizeGib: number, typeName: string | null): CounterChange[] {
  const changes = [
    { resource: 'volumes', delta: count },
    { resource: 'gigabytes', delta: count * sizeGib },
  ];
  return withType(changes, typeName);
}

/** Counters of growing a volume by `deltaGib`. */
export function extendQuota(deltaGib: number, typeName: string | null): CounterChange[] {
  return withType([{ resource: 'gigabytes', delta: deltaGib }], typeName);
}

/** Counters of `count` snapshots; they use `gigabytes` too unless `no_snapshot_gb_quota` is set. */
export function snapshotQuota(
  count: number,
  sizeGib: number,
  typeName: string | null,
  noSnapshotGbQuota: boolean,
): CounterChange[] {
  const changes = [{ resource: 'snapshots', delta: count }];
  if (!noSnapshotGbQuota) changes.push({ resource: 'gigabytes', delta: count * sizeGib });
  return withType(changes, typeName);
}

/** Counters of `count` backups of `sizeGib` each. */
export function backupQuota(count: number, sizeGib: number): CounterChange[] {
  return [
    { resource: 'backups', delta: count },
    { resource: 'backup_gigabytes', delta: count * sizeGib },
  ];
}
