// Finds the QoS specs that a request names.
import { findQosSpecs, type QosSpecs } from '../../prisma/store/types/qos-specs.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';

export const idOf = ({ params }: RequestContext): string => params['id'] ?? '';

export const qosNotFound = (id: string): ApiError => new ApiError('QoSSpecsNotFound', { specs_id: id });

/** Throws QoSSpecsNotFound. */
export async function mustFindQos(context: RequestContext): Promise<QosSpecs> {
  const row = await findQosSpecs(context.db, idOf(context));
  if (!row) throw qosNotFound(idOf(context));
  return row;
}
