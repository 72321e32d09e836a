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
    policy: 'versions',
    handler: ({ bookmarkUrl }) => ({ body: versionsView(bookmarkUrl) }),
  }),
];

/**
 * `/` answers 300 to anybody. `/v3` without a token answers the document too: keystoneauth looks for it there before it
 * has a token, and Cinder's noauth would hand it an empty 204, with which `openstack volume service list` gives up.
 */
export function versionRoot(config: ApiConfig): RequestHandler {
  return (request, response, next) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const status = request.path === '/' ? 300 : 200;
    const isDiscovery = request.path === '/v3' && request.get('x-auth-token') === undefined;
    if (!isRead || !(status === 300 || isDiscovery)) {
      next();
      return;
    }
    const headers = {
      'x-compute-request-id': stateOf(response).requestId,
      'OpenStack-API-Version': `volume ${minimumMicroversion}`,
      Vary: 'OpenStack-API-Version',
    };
    sendAnswer(response, { status, body: versionsView(publicUrlOf(request, config.publicEndpoint)), headers });
  };
}
