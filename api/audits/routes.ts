// /audits: comparisons of the rows with what is really there; an administrator asks for one and reads what it found.
import { z } from 'zod';
import { isUuid } from '../../domain/ids.ts';
import { findAudit, listAudits, listFindings, requestAudit } from '../../prisma/store/audit/audits.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { pageOf } from '../http/paging.ts';
import type { PolicyTable } from '../http/policy.ts';
import { route } from '../http/route.ts';
import { auditView, findingView } from './view.ts';

const policy = { read: 'audit:get_all', create: 'audit:create' } as const satisfies PolicyTable;

async function mustFind(context: RequestContext) {
  const id = context.params['id'] ?? '';
  const audit = isUuid(id) ? await findAudit(context.db, id) : null;
  if (!audit) throw new ApiError('NotFound', { detail: `Audit ${id} could not be found.` });
  return audit;
}

async function list(context: RequestContext) {
  const { limit, offset } = pageOf(context.query, context.config.maxLimit);
  return { body: { audits: (await listAudits(context.db, limit, offset)).map(auditView) } };
}

async function show(context: RequestContext) {
  return { body: { audit: auditView(await mustFind(context)) } };
}

/** The marker is the last finding's key. */
async function findings(context: RequestContext) {
  const { id } = await mustFind(context);
  const { limit, marker } = pageOf(context.query, context.config.maxLimit);
  return { body: { findings: (await listFindings(context.db, id, { limit, after: marker })).map(findingView) } };
}

export const auditRoutes = [
  route({ method: 'GET', path: '/audits', policy: policy.read, handler: list }),
  route({ method: 'GET', path: '/audits/:id', policy: policy.read, handler: show }),
  route({ method: 'GET', path: '/audits/:id/findings', policy: policy.read, handler: findings }),
  route({
    method: 'POST',
    path: '/audits',
    policy: policy.create,
    schema: z.strictObject({ audit: z.strictObject({ repair: z.boolean().default(false) }) }),
    handler: (context, { audit }) =>
      context.inTransaction(async (tx) => {
        const actor = `${context.userId} (API, ${context.requestId})`;
        return { status: 202, body: { audit: auditView(await requestAudit(tx, actor, audit.repair)) } };
      }),
  }),
];
