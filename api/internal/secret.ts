// Hosts prove with a shared secret that they are ours.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { sendAnswer } from '../http/send.ts';

const header = 'x-scoria-internal-secret';
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Answers 401 unless the request carries the secret; comparing takes as long for any guess. */
export function requireSecret(secret: string): RequestHandler {
  const expected = digest(secret);
  return (request, response, next) => {
    if (timingSafeEqual(digest(request.get(header) ?? ''), expected)) next();
    else sendAnswer(response, { status: 401, body: { error: `missing or wrong ${header}` } });
  };
}
