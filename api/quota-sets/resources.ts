// What quotas there are: Cinder's, three for each volume type, and its order of showing them.
import type { RequestContext } from '../http/context.ts';
import type { Transaction } from '../../prisma/store/database/transaction.ts';
import { listTypeNames } from '../../prisma/store/types/types.ts';

const resources = ['volumes', 'per_volume_gigabytes', 'snapshots', 'gigabytes', 'backups', 'backup_gigabytes'] as const;
const perType = ['volumes', 'gigabytes', 'snapshots'] as const;
/** Groups come last: in Cinder they are another engine's. */
const groupResources = ['groups'] as const;
const groupsDefault = 10;

/** Every quota's name in the order of Cinder's answers. */
export async function quotaNames(db: Transaction): Promise<string[]> {
  const types = await listTypeNames(db);
  return [...resources, ...types.flatMap((type) => perType.map((kind) => `${kind}_${type}`)), ...groupResources];
}

/** The configuration's limit of a quota; -1 = none. */
export function defaultLimit({ config }: Pick<RequestContext, 'config'>, name: string): number {
  return config.quotaDefaults[name] ?? (name === 'groups' ? groupsDefault : -1);
}
