// Every request gets an id, every answer carries it, and every answer leaves one line in the log.
import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { setState, stateOf } from './request-state.ts';

/** A caller's own id is taken over into the log if it looks like one of OpenStack's. */
const requestIdPattern = /^req-[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$/;

/** Sets the request's state and the header `x-openstack-request-id`. */
export const identify: RequestHandler = (request, response, next) => {
  const requestId = `req-${randomUUID()}`;
  const inbound = request.get('x-openstack-request-id') ?? '';
  const globalRequestId = requestIdPattern.test(inbound) ? inbound : null;
  setState(response, { requestId, globalRequestId, startedAt: performance.now(), caller: null, microversion: null });
  response.setHeader('x-openstack-request-id', requestId);
  next();
};

/** Logs method, path, status and time; never headers (tokens) and never bodies. */
export function logRequests(log: Logger): RequestHandler {
  return (request, response, next) => {
    response.on('close', () => {
      const { requestId, globalRequestId, startedAt, caller, microversion } = stateOf(response);
      log.info(
        {
          requestId,
          ...(globalRequestId === null ? {} : { globalRequestId }),
          method: request.method,
          url: request.originalUrl.slice(0, 1000),
          status: response.statusCode,
          ...(response.writableFinished ? {} : { aborted: true }),
          tookMs: Math.round((performance.now() - startedAt) * 10) / 10,
          projectId: caller?.projectId,
          userId: caller?.userId,
          microversion,
        },
        'request',
      );
    });
    next();
  };
}
