// /os-volume-transfer and /volume-transfers: offering a volume to another project. The second knows of snapshots (3.55)
// and pages (3.59); both lead to the same transfers.
import {
  findTransfer,
  listTransfers,
  offerVolume,
  withdrawTransfer,
  type NewTransfer,
  type OfferVerdict,
  type TransferRow,
} from '../../prisma/store/volumes/transfers.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { SortColumns } from '../http/paging.ts';
import { route, type Route } from '../http/route.ts';
import { emptyAccepted } from '../lists/empty-answer.ts';
import type { FilterRules } from '../lists/filters.ts';
import { answerList, visibleTo } from '../lists/list.ts';
import { mustFindVolume } from '../volumes/lookup.ts';
import { accept } from './accept.ts';
import { newKey } from './auth-key.ts';
import { transferPolicy } from './policy.ts';
import { acceptTransferSchema, createTransferSchema, createTransferSchema355 } from './schema.ts';
import { transferCollection, transferDetailView, transferSummaryView } from './view.ts';
import { microversions } from '../http/microversion-table.ts';

const columns = {
  id: { column: 'id' },
  volume_id: { column: 'volumeId' },
  display_name: { column: 'name' },
  created_at: { column: 'createdAt' },
} as const;
const sortColumns: SortColumns = columns;
const filters: FilterRules = {
  filters: {
    ...columns,
    name: { column: 'name' },
    no_snapshots: { column: 'noSnapshots', as: 'flag' },
    project_id: { column: 'projectId' },
    source_project_id: { column: 'projectId' },
  },
  forEveryone: [],
  open: true,
};

const idOf = ({ params }: RequestContext): string => params['id'] ?? '';
const notFound = (id: string): ApiError => new ApiError('TransferNotFound', { transfer_id: id });

async function mustFind(context: RequestContext): Promise<TransferRow> {
  const row = await findTransfer(context.db, idOf(context), visibleTo(context));
  if (!row) throw notFound(idOf(context));
  return row;
}

/** Before pages there was one order, the oldest first. */
function readable(context: RequestContext, pages: boolean): RequestContext {
  if (pages && context.atLeast(microversions.transferPages)) return context;
  const { marker: _marker, sort: _sort, sort_key: _key, sort_dir: _direction, ...query } = context.query;
  return { ...context, query: { ...query, sort: 'created_at:asc' } };
}

function list(context: RequestContext, { detailed, pages }: { detailed: boolean; pages: boolean }): Promise<Answer> {
  const view = detailed ? transferDetailView : transferSummaryView;
  return answerList(readable(context, pages), {
    collection: 'transfers',
    path: transferCollection,
    filters,
    sortColumns,
    read: (projectId, page) => listTransfers(context.db, projectId, page),
    view: (rows) => rows.map((row) => view(context, row)),
    noSuchMarker: notFound,
  });
}

interface Wish {
  readonly volume_id: string;
  readonly name?: string | null;
  readonly no_snapshots?: boolean;
}

function refusal(verdict: Exclude<OfferVerdict, { verdict: 'offered' }>): ApiError {
  const reason =
    verdict.verdict === 'volume-status'
      ? 'status must be available'
      : `snapshot: ${verdict.snapshotId} status must be available`;
  return verdict.verdict === 'volume-status'
    ? new ApiError('InvalidVolume', { reason })
    : new ApiError('InvalidSnapshot', { reason });
}

async function create(context: RequestContext, wish: Wish): Promise<Answer> {
  const volume = await mustFindVolume(context, wish.volume_id);
  context.authorize(transferPolicy.create, volume);
  const { authKey, ...kept } = newKey();
  const transfer: NewTransfer = {
    ...kept,
    id: context.newId('transfer'),
    volumeId: volume.id,
    name: wish.name ?? null,
    noSnapshots: wish.no_snapshots ?? false,
    sourceProjectId: volume.projectId,
  };
  return context.inTransaction(async (tx) => {
    const verdict = await offerVolume(tx, transfer);
    if (verdict.verdict !== 'offered') throw refusal(verdict);
    const row = await findTransfer(tx, transfer.id, null);
    if (!row) throw notFound(transfer.id);
    return { status: 202, body: { transfer: transferDetailView(context, row, authKey) } };
  });
}

/** The routes that both have; `pages` for the newer one. */
function sharedRoutes(path: string, pages: boolean): Route[] {
  return [
    route({
      method: 'GET',
      path,
      policy: transferPolicy.list,
      handler: (context) => list(context, { detailed: false, pages }),
    }),
    route({
      method: 'GET',
      path: `${path}/detail`,
      policy: transferPolicy.list,
      handler: (context) => list(context, { detailed: true, pages }),
    }),
    route({
      method: 'GET',
      path: `${path}/:id`,
      policy: transferPolicy.show,
      handler: async (context) => ({ body: { transfer: transferDetailView(context, await mustFind(context)) } }),
    }),
    route({
      method: 'POST',
      path,
      ...(pages ? { before: microversions.transferSnapshots } : {}),
      policy: transferPolicy.create,
      schema: createTransferSchema,
      handler: (context, { transfer }) => create(context, transfer),
    }),
    route({
      method: 'POST',
      path: `${path}/:id/accept`,
      policy: transferPolicy.accept,
      schema: acceptTransferSchema,
      handler: (context, body) => accept(context, idOf(context), String(body.accept.auth_key)),
    }),
    route({
      method: 'DELETE',
      path: `${path}/:id`,
      policy: transferPolicy.delete,
      handler: async (context) => {
        const transfer = await mustFind(context);
        context.authorize(transferPolicy.delete, transfer.sourceProjectId);
        return context.inTransaction(async (tx) => {
          if (!(await withdrawTransfer(tx, transfer))) throw notFound(transfer.id);
          return emptyAccepted;
        });
      },
    }),
  ];
}

export const transferRoutes: readonly Route[] = [
  ...sharedRoutes('/os-volume-transfer', false),
  ...sharedRoutes('/volume-transfers', true),
  route({
    method: 'POST',
    path: '/volume-transfers',
    since: microversions.transferSnapshots,
    policy: transferPolicy.create,
    schema: createTransferSchema355,
    handler: (context, { transfer }) => create(context, transfer),
  }),
];
