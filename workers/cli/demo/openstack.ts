// The demo's user: the real openstack client for what is typed, the public REST API for watching.
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { mustRunTool } from '../../../privileged/tool.ts';
import { cloudUserId } from '../../embedded/clouds.ts';
import type { Clients } from '../../embedded/clients.ts';
import type { LaunchFacts } from '../../embedded/launch-options.ts';
import type { Narrator } from './narrator.ts';

const commandTimeoutMs = 120_000;
const pollEveryMs = 200;

const operationSchema = z.object({
  id: z.string(),
  kind: z.string(),
  state: z.string(),
  step: z.string().nullable(),
  reason: z.string().nullable(),
  workflow_id: z.string(),
  bytes_done: z.number().nullable(),
  bytes_total: z.number().nullable(),
});

export type OperationView = z.infer<typeof operationSchema>;

const operationsSchema = z.object({ operations: z.array(operationSchema) });

export class Openstack {
  readonly #clients: Clients;
  readonly #facts: LaunchFacts;
  readonly #narrator: Narrator;

  constructor(clients: Clients, facts: LaunchFacts, narrator: Narrator) {
    this.#clients = clients;
    this.#facts = facts;
    this.#narrator = narrator;
  }

  /** Runs `openstack --os-cloud scoria …` and answers its JSON (`-f json` is added), or null where it prints nothing. */
  async run(words: readonly string[], shape: 'json' | 'none'): Promise<Record<string, unknown>> {
    const args = ['--os-cloud', 'scoria', ...words, ...(shape === 'json' ? ['-f', 'json'] : [])];
    const { stdout } = await mustRunTool(this.#clients.openstack, args, {
      timeoutMs: commandTimeoutMs,
      env: { OS_CLIENT_CONFIG_FILE: this.#facts.cloudsFile },
    });
    return shape === 'json' ? (JSON.parse(stdout) as Record<string, unknown>) : {};
  }

  /** The newest operation on a resource, once it has ended; its progress is shown meanwhile. */
  async finished(resourceId: string): Promise<OperationView> {
    for (;;) {
      const [operation] = await this.operations(resourceId);
      if (operation?.bytes_total) {
        this.#narrator.progress(operation.step ?? operation.kind, operation.bytes_done ?? 0, operation.bytes_total);
      }
      if (operation && ['succeeded', 'failed', 'aborted', 'paused'].includes(operation.state)) {
        this.#narrator.endProgress();
        if (operation.state === 'succeeded') return operation;
        throw new Error(`${operation.kind} is ${operation.state}: ${operation.reason ?? 'no reason given'}`);
      }
      await delay(pollEveryMs);
    }
  }

  /** Runs `cinder …` and answers the value of `property` in the table that it prints. */
  async cinderId(words: readonly string[], property: string): Promise<string> {
    const output = await this.cinder(words);
    const row = output.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    const value = row.find(([, name]) => name === property)?.[2];
    if (value === undefined) throw new Error(`\`cinder ${words[0] ?? ''}\` printed no ${property}: ${output}`);
    return value;
  }

  /** Runs `cinder …` without Keystone and answers what it printed. */
  async cinder(words: readonly string[]): Promise<string> {
    const { apiUrl, projectId } = this.#facts;
    const login = ['--os-auth-type', 'noauth', '--os-endpoint', `${apiUrl}/v3`, '--os-project-id', projectId];
    const args = [...login, '--os-user-id', cloudUserId, '--os-volume-api-version', '3.71', ...words];
    return (await mustRunTool(this.#clients.cinder, args, { timeoutMs: commandTimeoutMs })).stdout;
  }

  /** Operations on a resource, newest first; all of the project's when none is named. */
  async operations(resourceId: string | null): Promise<readonly OperationView[]> {
    const query = resourceId === null ? '' : `?resource_id=${resourceId}`;
    return operationsSchema.parse(await this.get(`/operations${query}`)).operations;
  }

  /** The body of a GET under the project's volume endpoint. */
  async get(path: string): Promise<unknown> {
    const { volumeEndpoint, token } = this.#facts;
    const headers = { 'X-Auth-Token': token, 'OpenStack-API-Version': 'volume 3.71' };
    const response = await fetch(`${volumeEndpoint}${path}`, { headers });
    if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  }
}
