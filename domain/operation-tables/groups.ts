// The status table's rows of groups and group snapshots: the group and all of its members are claimed together.
import type { OperationRule } from '../operation-rules.ts';

export const groupOperations = {} as const satisfies Record<string, OperationRule>;
