// Callers of every kind, as Keystone would describe them, for tests of who may do what.
import type { RequestHandler } from 'express';
import type { Caller } from '../../../api/http/context.ts';
import { stateOf } from '../../../api/http/request-state.ts';
import { noCredentials } from '../../../api/policy/evaluate.ts';

export const ownProject = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
export const strangeProject = 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb';

function person(projectId: string, roles: readonly string[], systemScope: string | null = null): Caller {
  const userId = `user-${projectId.slice(0, 4)}-${roles[0] ?? 'nobody'}`;
  const isAdmin = roles.includes('admin');
  const project = projectId === '' ? null : projectId;
  return {
    projectId,
    userId,
    isAdmin,
    isService: false,
    credentials: {
      ...noCredentials,
      user_id: userId,
      project_id: project,
      roles,
      is_admin: isAdmin,
      system_scope: systemScope,
    },
  };
}

/** Roles imply each other as Keystone's do: a member is a reader too. */
export const personas = {
  admin: person(ownProject, ['admin', 'member', 'reader']),
  member: person(ownProject, ['member', 'reader']),
  reader: person(ownProject, ['reader']),
  roleless: person(ownProject, []),
  stranger: person(strangeProject, ['member', 'reader']),
  strangeReader: person(strangeProject, ['reader']),
  systemReader: person('', ['reader'], 'all'),
} as const satisfies Readonly<Record<string, Caller>>;

export type Persona = keyof typeof personas;

/** Takes the token for the persona's name. */
export const asPersona: RequestHandler = (request, response, next) => {
  stateOf(response).caller = personas[request.get('x-auth-token') as Persona];
  next();
};
