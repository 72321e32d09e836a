// The suites of tests: each is the folder test/<name>, with what has to be installed before it can run.

export interface Suite {
  readonly name: string;
  readonly what: string;
  /** Takes more than all suites together may (docs say why): `scoria test NAME` runs it. */
  readonly onlyWhenNamed?: true;
  /** Needs servers of this machine: Debian packages, and the OpenStack clients. */
  readonly needs: readonly ('storage' | 'ceph' | 'clients' | 'lab' | 'temporal-server')[];
  /** Runs beside the others: it keeps to one core, and they leave it one. */
  readonly beside?: true;
}

/** In the order in which they run: what is quick and finds most comes first. */
export const suites: readonly Suite[] = [
  { name: 'unit', what: 'one module at a time, no servers', needs: [] },
  { name: 'history', what: 'recorded workflow histories, replayed', needs: [] },
  { name: 'driver', what: 'driver conformance on real files, tgtd, libiscsi and Ceph', needs: ['storage', 'ceph'] },
  { name: 'lab', what: 'LVM, iSCSI and other kernel storage, in a virtual machine', needs: ['lab'], beside: true },
  { name: 'workflow', what: 'every workflow on a real server, every step doubled and failed', needs: [] },
  { name: 'chaos', what: 'a sample of the fault matrix: processes killed, disks full', needs: ['storage'] },
  {
    name: 'cluster',
    what: 'a production Temporal server on PostgreSQL, upgrades, docker-compose.yml',
    needs: ['storage', 'temporal-server'],
    onlyWhenNamed: true,
  },
  { name: 'contract', what: 'the REST API, asked by unmodified clients', needs: ['clients'] },
  { name: 'e2e', what: 'everything together, as the demo does', needs: ['storage', 'clients'] },
];
