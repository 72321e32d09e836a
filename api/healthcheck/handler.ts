// `/healthcheck`: whether this API process can serve requests, for load balancers.
import { setTimeout as delay } from 'node:timers/promises';
import type { RequestHandler } from 'express';
import type { ApiDeps } from '../http/config.ts';
import { pingDatabase } from '../../prisma/store/database/health.ts';
import { sendAnswer } from '../http/send.ts';

const patienceMs = 2_000;

/** 200 with `OK`, or 503 when the database does not answer in time. Temporal may be down: work is accepted all the same. */
export function healthcheck({ db, log }: ApiDeps): RequestHandler {
  return async (_request, response) => {
    const database = pingDatabase(db).then(
      () => 'OK',
      (error: unknown) => {
        log.warn({ err: error }, 'health check: no answer from the database');
        return 'DATABASE';
      },
    );
    const patience = new AbortController();
    const reason = await Promise.race([database, delay(patienceMs, 'DATABASE', { signal: patience.signal })]);
    patience.abort();
    sendAnswer(response, { status: reason === 'OK' ? 200 : 503, body: { detailed: false, reasons: [reason] } });
  };
}
