// Lists of what a back-end holds: the back-end answers a page, and the database says what of it is known already.
import { z } from 'zod';
import { isUuid } from '../../domain/ids.ts';
import { knownObjects, type KnownObject } from '../../prisma/store/database/known-objects.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { pageOf } from '../http/paging.ts';
import { OperationFailedError } from '../operations/starter.ts';
import { mustFindVolumeService, namedHost } from './host.ts';
import { microversions } from '../http/microversion-table.ts';

const answerSchema = z.object({
  objects: z.array(z.object({ name: z.string(), sizeGib: z.number(), sourceName: z.string().nullable() })).nullable(),
});

type Kind = 'volumes' | 'snapshots';

/** Answers one page, short or detailed. Throws InvalidParameterValue, BadRequest, ServiceUnavailable. */
export async function listManageable(context: RequestContext, kind: Kind, detailed: boolean): Promise<Answer> {
  const { query } = context;
  const host = namedHost(context, query, microversions.manageableOfCluster);
  const page = pageOf(query, context.config.maxLimit);
  const sort = sortOf(query);
  const service = await mustFindVolumeService(context, host);
  const found = await ask(context, { kind, ...sort, ...page, host: service.host });
  const known = await knownObjects(
    context.db,
    service.host,
    found.flatMap(({ name }) => idIn(name) ?? []),
  );
  const rows = found.map((object) => view(object, known.get(idIn(object.name) ?? ''), kind, detailed));
  return { body: { [`manageable-${kind}`]: rows } };
}

async function ask(context: RequestContext, input: Readonly<Record<string, string | number | boolean | null>>) {
  try {
    const result = await context.operations.submitAndWait(
      {
        kind: 'manageableList',
        operationId: context.operationId,
        resourceId: context.operationId,
        projectId: context.projectId,
        userId: context.userId,
        requestId: context.requestId,
        input,
        claims: [],
        reads: [],
        quota: [],
      },
      context.config.rpcResponseTimeoutMs,
    );
    const { objects } = answerSchema.parse(result);
    if (objects === null) {
      const reason = `marker not found: ${String(input['marker'])}`;
      throw new ApiError('InvalidInput', { reason });
    }
    return objects;
  } catch (error) {
    if (!(error instanceof OperationFailedError)) throw error;
    throw new ApiError('ServerError', { detail: error.message });
  }
}

/** Cinder's names end with the id. */
function idIn(name: string): string | null {
  const id = name.slice(-36);
  return isUuid(id) ? id : null;
}

interface Listed {
  readonly name: string;
  readonly sizeGib: number;
  readonly sourceName: string | null;
}

function view(object: Listed, known: KnownObject | undefined, kind: Kind, detailed: boolean): object {
  const source = known?.volumeId ? `volume-${known.volumeId}` : object.sourceName;
  return {
    reference: { 'source-name': object.name },
    size: object.sizeGib,
    safe_to_manage: known === undefined,
    ...(kind === 'snapshots' ? { source_reference: source === null ? {} : { 'source-name': source } } : {}),
    ...(detailed
      ? {
          reason_not_safe: known === undefined ? null : 'already managed',
          cinder_id: known?.id ?? null,
          extra_info: null,
        }
      : {}),
  };
}

function sortOf({ sort, sort_key: key, sort_dir: direction }: Readonly<Record<string, string>>) {
  const [firstKey = 'reference', firstDirection = 'desc'] =
    sort === undefined ? [key, direction] : (sort.split(',')[0] ?? '').split(':').map((part) => part.trim());
  if (firstKey !== 'reference' && firstKey !== 'size') {
    throw new ApiError('InvalidParameterValue', { err: `Invalid sort keys passed: ${firstKey}` });
  }
  if (firstDirection !== 'asc' && firstDirection !== 'desc') {
    throw new ApiError('InvalidParameterValue', { err: `Invalid sort dirs passed: ${firstDirection}` });
  }
  return { sortBy: firstKey, descending: firstDirection === 'desc' };
}
