// /internal: what storage, backup and compute hosts tell and ask, because they hold no database credentials.
import express, { type ErrorRequestHandler, type RequestHandler, type Response, type Router } from 'express';
import { z } from 'zod';
import { isInForce, mayUseVolume, recordProgress } from '../../prisma/store/operations/host-claims.ts';
import { readUserToken } from '../../prisma/store/operations/user-tokens.ts';
import { notePauseKept, pausesInForce } from '../../prisma/store/backends/pauses.ts';
import { keepPoolReports } from '../../prisma/store/capacity/pools.ts';
import { keepServerReports } from '../../prisma/store/attachments/server-reports.ts';
import { noteService } from '../../prisma/store/services/services.ts';
import { ensureTargetSecret, listWantedExports } from '../../prisma/store/attachments/target-secrets.ts';
import { inTransaction } from '../../prisma/store/database/transaction.ts';
import { parseBody } from '../http/body.ts';
import type { ApiDeps } from '../http/config.ts';
import { ApiError } from '../http/errors.ts';
import { stateOf } from '../http/request-state.ts';
import { sendAnswer } from '../http/send.ts';
import { claimSchema, exportsSchema, idSchema, progressSchema, reportSchema } from './schema.ts';
import { requireSecret } from './secret.ts';

/** A compute host with thousands of instances fits. */
const bodyLimitBytes = 8 * 1024 * 1024;
const staleClaim = { status: 409, body: { error: 'the claim is no longer in force' } } as const;

/** The routes below /internal; mount it where hosts can reach it and tenants need not. */
export function createInternalRouter(deps: ApiDeps, secret: string): Router {
  const router = express.Router();
  const readBody = express.raw({ type: () => true, limit: bodyLimitBytes, inflate: false });
  router.use(requireSecret(secret));
  router.post('/hosts/report', readBody, report(deps));
  router.post('/operations/:id/progress', readBody, progress(deps));
  router.get('/operations/:id/image-access', imageAccess(deps));
  router.get('/volumes/:id/target-secret', targetSecret(deps));
  router.get('/exports', wantedExports(deps));
  router.use((_request, response) =>
    sendAnswer(response, { status: 404, body: { error: 'no such internal resource' } }),
  );
  router.use(faults(deps));
  return router;
}

const bodyOf = (body: unknown): unknown =>
  parseBody(Buffer.isBuffer(body) ? body : Buffer.alloc(0), 'application/json');
const queryOf = (url: string): Record<string, string> =>
  Object.fromEntries(new URL(url, 'http://internal').searchParams);
const done = (response: Response): void => sendAnswer(response, { status: 204 });

/** A service lives, and this is what it has: one transaction, so that nobody sees half of a report. */
function report({ db }: ApiDeps): RequestHandler {
  return async (request, response) => {
    const { binary, host, availabilityZone, pools, servers, obeys } = reportSchema.parse(bodyOf(request.body));
    const wishes = await inTransaction(db, async (tx) => {
      const logLevel = await noteService(tx, binary, host, availabilityZone);
      const reports = (pools ?? []).map(({ poolName, multiattach, capabilities, ...figures }) => ({
        ...figures,
        name: poolName,
        capabilities: { ...capabilities, multiattach },
      }));
      await keepPoolReports(tx, host, reports);
      if (servers) await keepServerReports(tx, host, servers);
      if (obeys) await notePauseKept(tx, host, new Date(obeys));
      const [pause = null] = binary === 'cinder-volume' ? await pausesInForce(tx, [host]) : [];
      return { logLevel, pause };
    });
    sendAnswer(response, { body: wishes });
  };
}

function progress({ db }: ApiDeps): RequestHandler {
  return async (request, response) => {
    const operationId = idSchema.parse(request.params['id']);
    const { epoch, ...figures } = progressSchema.parse(bodyOf(request.body));
    if (await recordProgress(db, { operationId, epoch }, figures)) done(response);
    else sendAnswer(response, staleClaim);
  };
}

/** The one answer that holds a secret; only for the claim that is in force, and only of the volume that it is about. */
function targetSecret({ db, config }: ApiDeps): RequestHandler {
  return async (request, response) => {
    const volumeId = idSchema.parse(request.params['id']);
    const claim = claimSchema.parse(queryOf(request.url));
    if (!(await mayUseVolume(db, claim, volumeId))) {
      sendAnswer(response, staleClaim);
      return;
    }
    const chap = config.secretKey === null ? null : await ensureTargetSecret(db, config.secretKey, volumeId);
    sendAnswer(response, { body: { chap }, headers: { 'Cache-Control': 'no-store' } });
  };
}

/** Holds tokens: only for a claim that is in force. */
function imageAccess({ db, config, images = null }: ApiDeps): RequestHandler {
  return async (request, response) => {
    const operationId = idSchema.parse(request.params['id']);
    const claim = claimSchema.parse({ operationId, ...queryOf(request.url) });
    if (!(await isInForce(db, claim))) {
      sendAnswer(response, staleClaim);
      return;
    }
    const { secretKey } = config;
    const token = secretKey === null ? null : await readUserToken(db, secretKey, operationId);
    const access = (await images?.access(token)) ?? null;
    sendAnswer(response, { body: { access }, headers: { 'Cache-Control': 'no-store' } });
  };
}

function wantedExports({ db, config }: ApiDeps): RequestHandler {
  return async (request, response) => {
    const { host } = exportsSchema.parse(queryOf(request.url));
    const exports = await listWantedExports(db, config.secretKey, host);
    sendAnswer(response, { body: { exports }, headers: { 'Cache-Control': 'no-store' } });
  };
}

function faults({ log }: ApiDeps): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, _request, response, _next) => {
    if (error instanceof z.ZodError || error instanceof ApiError) {
      const message = error instanceof z.ZodError ? z.prettifyError(error) : error.message;
      sendAnswer(response, { status: 400, body: { error: message } });
      return;
    }
    if (typeof error === 'object' && error !== null && 'type' in error && error.type === 'entity.too.large') {
      sendAnswer(response, { status: 413, body: { error: `more than ${bodyLimitBytes} bytes` } });
      return;
    }
    log.error({ requestId: stateOf(response).requestId, err: error }, 'internal request failed');
    sendAnswer(response, { status: 500, body: { error: 'internal error; see the API log' } });
  };
}
