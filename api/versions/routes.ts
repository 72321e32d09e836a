// `/` and `/v3/`: which versions there are.
import type { RequestHandler } from 'express';
import type { ApiConfig } from '../http/config.ts';
import { minimumMicroversion } from '../http/microversion.ts';
import { stateOf } from '../http/request-state.ts';
import { route } from '../http/route.ts';
import { sendAnswer } from '../http/send.ts';
import { publicUrlOf } from '../http/urls.ts';
import { versionsView } from './view.ts';

export const versionRoutes = [
  route({
    method: 'GET',
    path: '',
    policy: { name: 'versions', allow: 'everyone' },
    handler: ({ bookmarkUrl }) => ({ body: versionsView(bookmarkUrl) }),
  }),
];

/** `/` answers 300 to anybody; other paths go on. */
export function versionRoot(config: ApiConfig): RequestHandler {
  return (request, response, next) => {
    if (request.path !== '/' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      next();
      return;
    }
    const headers = {
      'x-compute-request-id': stateOf(response).requestId,
      'OpenStack-API-Version': `volume ${minimumMicroversion}`,
      Vary: 'OpenStack-API-Version',
    };
    sendAnswer(response, { status: 300, body: versionsView(publicUrlOf(request, config.publicEndpoint)), headers });
  };
}
