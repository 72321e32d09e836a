// Who may offer, see, take back and accept transfers.
import type { PolicyTable } from '../http/policy.ts';

export const transferPolicy = {
  list: 'volume:get_all_transfers',
  show: 'volume:get_transfer',
  create: 'volume:create_transfer',
  accept: 'volume:accept_transfer',
  delete: 'volume:delete_transfer',
} as const satisfies PolicyTable;
