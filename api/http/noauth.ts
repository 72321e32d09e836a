// Cinder's noauth: a token is `user:project`, everybody is an administrator, and who has no token is given one.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/api/middleware/auth.py
import type { RequestHandler } from 'express';
import { mustBeText } from './body.ts';
import { noCredentials } from '../policy/evaluate.ts';
import { stateOf } from './request-state.ts';
import { urlOf } from './urls.ts';

export const noauth: RequestHandler = (request, response, next) => {
  const token = request.get('x-auth-token');
  if (token === undefined) {
    const user = request.get('x-auth-user') ?? 'admin';
    const project = request.get('x-auth-project-id') ?? 'admin';
    response
      .status(204)
      .set('X-Auth-Token', `${user}:${project}`)
      .set('X-Server-Management-Url', `${urlOf(request)}${request.originalUrl}`.replace(/\/+$/, ''))
      .set('Content-Type', 'text/plain; charset=UTF-8')
      .end();
    return;
  }
  const [userId = '', ...rest] = mustBeText(token).split(':');
  const projectId = rest.join(':') || userId;
  const credentials = { ...noCredentials, user_id: userId, project_id: projectId, roles: ['admin'], is_admin: true };
  stateOf(response).caller = { userId, projectId, isAdmin: true, isService: false, credentials };
  next();
};
