// Mounts the Nova subset below /compute: who asks which Compute API this is gets an answer without a token.
import type { RequestHandler } from 'express';
import { readBytes } from '../http/body.ts';
import type { ApiDeps } from '../http/config.ts';
import { dispatch } from '../http/dispatch.ts';
import { sendAnswer } from '../http/send.ts';
import { publicUrlOf } from '../http/urls.ts';
import { serverRoutes } from './routes.ts';
import { computeVersionView } from './view.ts';

/** `/compute`, `/compute/v2.1` and `/compute/v2.1/<project>`, with and without a slash at the end. */
const versionPath = /^\/(?:(v2\.1)(?:\/[0-9a-f-]+)?)?\/?$/;
const versionHeaders = { 'OpenStack-API-Version': 'compute 2.1', 'X-OpenStack-Nova-API-Version': '2.1' } as const;

/** Handlers for the path /compute, in order. */
export function computeHandlers(deps: ApiDeps): readonly { readonly path: string; readonly handler: RequestHandler }[] {
  const below = '/compute/v2.1';
  return [
    { path: '/compute', handler: versions(deps) },
    { path: below, handler: readBytes(deps.config.maxRequestBodyBytes) },
    { path: below, handler: deps.authenticate },
    { path: below, handler: withVersion },
    { path: below, handler: dispatch(deps, serverRoutes, { versioned: false }) },
  ];
}

const withVersion: RequestHandler = (_request, response, next) => {
  for (const [name, value] of Object.entries(versionHeaders)) response.setHeader(name, value);
  next();
};

function versions({ config }: ApiDeps): RequestHandler {
  return (request, response, next) => {
    const match = request.method === 'GET' ? versionPath.exec(request.path) : null;
    if (!match) {
      next();
      return;
    }
    const version = computeVersionView(`${publicUrlOf(request, config.publicEndpoint)}/compute/v2.1`);
    const body = match[1] === undefined ? { versions: [version] } : { version };
    sendAnswer(response, { body, headers: versionHeaders });
  };
}
