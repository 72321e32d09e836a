// POST /snapshots/:id/action: what administrators force, and the status that Nova's assisted snapshots report.
import { forceStatus } from '../../prisma/store/operations/forced-status.ts';
import { moveSnapshot } from '../../prisma/store/snapshots/progress.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { route } from '../http/route.ts';
import { emptyAccepted } from '../lists/empty-answer.ts';
import { deleteSnapshot } from './delete.ts';
import { mustFindSnapshot, snapshotNotFound } from './lookup.ts';
import { snapshotPolicy } from './policy.ts';
import { forceDeleteSchema, resetSnapshotSchema, unmanageSnapshotSchema, updateStatusSchema } from './schema.ts';

const at = { method: 'POST', path: '/snapshots/:id/action' } as const;
const accepted: Answer = { status: 202 };
const idOf = ({ params }: RequestContext): string => params['id'] ?? '';

/** Which status may be reported while a snapshot has which. */
const reportable: Readonly<Record<string, readonly string[]>> = {
  creating: ['creating', 'available', 'error'],
  deleting: ['deleting', 'error_deleting'],
};

async function updateStatus(
  context: RequestContext,
  { status, progress }: { readonly status: string; readonly progress?: string | null },
): Promise<Answer> {
  const snapshot = await mustFindSnapshot(context, idOf(context), snapshotPolicy.updateStatus);
  const allowed = Object.hasOwn(reportable, snapshot.status) ? reportable[snapshot.status] : undefined;
  if (!allowed) {
    const detail = `Snapshot status ${snapshot.status} not allowed for update_snapshot_status`;
    throw new ApiError('BadRequest', { detail });
  }
  if (!allowed.includes(status)) {
    const detail = `Provided snapshot status ${status} not allowed for snapshot with status ${snapshot.status}.`;
    throw new ApiError('BadRequest', { detail });
  }
  return context.inTransaction(async (tx) => {
    if (!(await moveSnapshot(tx, { id: snapshot.id, from: snapshot.status, to: status, progress: progress || null }))) {
      const detail = `Snapshot ${snapshot.id} is being changed by an operation, which alone decides its status.`;
      throw new ApiError('BadRequest', { detail });
    }
    return accepted;
  });
}

export const snapshotActionRoutes = [
  route({
    ...at,
    action: 'os-reset_status',
    policy: snapshotPolicy.resetStatus,
    schema: resetSnapshotSchema,
    handler: async (context, body) => {
      const { id } = await mustFindSnapshot(context, idOf(context), snapshotPolicy.resetStatus);
      const { status } = body['os-reset_status'];
      return context.inTransaction(async (tx) => {
        const found = await forceStatus(tx, { resource: 'snapshot', id, status, actor: context.userId });
        if (!found) throw snapshotNotFound(id);
        return accepted;
      });
    },
  }),
  route({
    ...at,
    action: 'os-update_snapshot_status',
    policy: snapshotPolicy.updateStatus,
    schema: updateStatusSchema,
    handler: (context, body) => updateStatus(context, body['os-update_snapshot_status']),
  }),
  route({
    ...at,
    action: 'os-force_delete',
    policy: snapshotPolicy.forceDelete,
    schema: forceDeleteSchema,
    handler: async (context) => {
      const snapshot = await mustFindSnapshot(context, idOf(context), snapshotPolicy.forceDelete);
      await deleteSnapshot(context, snapshot, { force: true });
      return accepted;
    },
  }),
  route({
    ...at,
    action: 'os-unmanage',
    policy: snapshotPolicy.unmanage,
    schema: unmanageSnapshotSchema,
    handler: async (context) => {
      const snapshot = await mustFindSnapshot(context, idOf(context), snapshotPolicy.unmanage);
      await deleteSnapshot(context, snapshot, { force: false, unmanage: true });
      return emptyAccepted;
    },
  }),
];
