// The API's own description at the newest microversion, made of the route tables and the schemas that check bodies.
// https://spec.openapis.org/oas/v3.1.1.html
import { z } from 'zod';
import { maximumMicroversion } from '../http/microversion.ts';
import type { Route } from '../http/route.ts';

type Json = Readonly<Record<string, unknown>>;

/** Lower-case methods of a path. */
type PathItem = Record<string, Json>;

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly [part: string]: unknown;
}

const faultSchema = {
  type: 'object',
  minProperties: 1,
  maxProperties: 1,
  additionalProperties: {
    type: 'object',
    required: ['code', 'message'],
    properties: { code: { type: 'integer' }, message: { type: 'string' } },
  },
} as const;

const versionParameter = {
  name: 'OpenStack-API-Version',
  in: 'header',
  required: false,
  description: `\`volume ${maximumMicroversion}\` is what this document describes; without it a request is one of 3.0.`,
  schema: { type: 'string' },
} as const;

/** What is served at /openapi.json: every route that the newest microversion has. */
export function openApiDocument(routes: readonly Route[]): OpenApiDocument {
  const paths: Record<string, PathItem> = {};
  const newest = routes.filter((route) => route.before === undefined);
  for (const [key, together] of groupedByOperation(newest)) {
    const [method = '', path = ''] = key.split(' ');
    const item = (paths[templateOf(path)] ??= {});
    item[method.toLowerCase()] = operationOf(path, together);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Block Storage',
      version: maximumMicroversion,
      description: "Cinder's API v3 as Scoria serves it. Every path also exists below /v3/{project_id}.",
    },
    servers: [{ url: '/v3' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token' } },
      schemas: { Fault: faultSchema },
    },
  };
}

function groupedByOperation(routes: readonly Route[]): Map<string, Route[]> {
  const groups = new Map<string, Route[]>();
  for (const route of routes) {
    const key = `${route.method} ${route.path || '/'}`;
    groups.set(key, [...(groups.get(key) ?? []), route]);
  }
  return groups;
}

/** `/volumes/:id` → `/volumes/{id}` */
export const templateOf = (path: string): string => path.replace(/:(\w+)/g, '{$1}') || '/';

/** Several routes are one operation where the body's one key says which action is meant. */
function operationOf(path: string, routes: readonly Route[]): Json {
  const [first] = routes;
  const bodies = routes.map(bodySchemaOf).filter((schema) => schema !== null);
  const schema = bodies.length === 1 ? bodies[0] : { anyOf: bodies };
  const required = routes.every((route) => route.schema !== undefined);
  return {
    operationId: `${first?.method.toLowerCase()}${path.replace(/\W+(\w)/g, (_all, letter: string) => `_${letter}`)}`,
    'x-policies': [...new Set(routes.map(({ policy }) => policy))],
    'x-since': routes.map(({ action, since = '3.0' }) => (action === undefined ? since : `${action}: ${since}`)),
    parameters: [
      ...[...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
        name,
        in: 'path',
        required: true,
        schema: { type: 'string', minLength: 1 },
      })),
      versionParameter,
    ],
    ...(bodies.length === 0 ? {} : { requestBody: { required, content: { 'application/json': { schema } } } }),
    responses: {
      '2XX': { description: 'Done, or accepted.' },
      default: {
        description: 'A fault.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Fault' } } },
      },
    },
  };
}

/** null where the body is not looked at. */
function bodySchemaOf({ schema, action }: Route): Json | null {
  if (schema === undefined) {
    // An action without a schema takes anything below its name.
    return action === undefined ? null : { type: 'object', required: [action], maxProperties: 1 };
  }
  // What is checked by code is described by `.meta()`, as far as JSON Schema can say it.
  const { $schema: _dialect, ...described } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return described;
}
