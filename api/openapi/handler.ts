// Serves /openapi.json: without a token, made once.
import type { RequestHandler } from 'express';
import type { Route } from '../http/route.ts';
import { sendAnswer } from '../http/send.ts';
import { openApiDocument } from './document.ts';

export function openApi(routes: readonly Route[]): RequestHandler {
  let document: object | null = null;
  return (request, response, next) => {
    if (request.method !== 'GET' || request.path !== '/') {
      next();
      return;
    }
    sendAnswer(response, { body: (document ??= openApiDocument(routes)) });
  };
}
