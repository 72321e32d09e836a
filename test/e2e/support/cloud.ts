// What a user has: the unmodified openstack and cinder clients, and the public REST API.
import { mustRunTool } from '../../../privileged/tool.ts';
import { cloudName, cloudUserId } from '../../../workers/embedded/clouds.ts';
import { ensureClients, type Clients } from '../../../workers/embedded/clients.ts';
import type { LaunchFacts } from '../../../workers/embedded/launch-options.ts';
import { eventually } from '../../support/eventually.ts';

/** An operation as GET /operations shows it. */
export interface OperationView {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly resource_id: string;
  readonly reason: string | null;
  readonly step: string | null;
  readonly bytes_done: number | null;
  readonly workflow_id: string;
  readonly finished_at: string | null;
}

export type Json = Record<string, unknown>;

const commandTimeoutMs = 120_000;
const ended = ['succeeded', 'failed', 'aborted', 'paused'];

export class Cloud {
  readonly facts: LaunchFacts;
  readonly #clients: Clients;

  private constructor(facts: LaunchFacts, clients: Clients) {
    this.facts = facts;
    this.#clients = clients;
  }

  static async at(facts: LaunchFacts): Promise<Cloud> {
    return new Cloud(facts, await ensureClients());
  }

  /** `openstack --os-cloud scoria …`; answers what it printed. */
  async openstack(...words: string[]): Promise<string> {
    const env = { OS_CLIENT_CONFIG_FILE: this.facts.cloudsFile };
    const args = ['--os-cloud', cloudName, ...words];
    return (await mustRunTool(this.#clients.openstack, args, { timeoutMs: commandTimeoutMs, env })).stdout;
  }

  /** The same with `-f json`: an object, or for a list its rows. */
  async ask<Shape = Json>(...words: string[]): Promise<Shape> {
    return JSON.parse(await this.openstack(...words, '-f', 'json')) as Shape;
  }

  /** `cinder …` without Keystone; answers the cells of the table that it printed, row by row, without the heading. */
  async cinder(...words: string[]): Promise<readonly (readonly string[])[]> {
    const { apiUrl, projectId } = this.facts;
    const login = ['--os-auth-type', 'noauth', '--os-endpoint', `${apiUrl}/v3`, '--os-project-id', projectId];
    const args = [...login, '--os-user-id', cloudUserId, '--os-volume-api-version', '3.71', ...words];
    const { stdout } = await mustRunTool(this.#clients.cinder, args, { timeoutMs: commandTimeoutMs });
    const lines = stdout.split('\n').filter((line) => line.startsWith('|'));
    const rows = lines.map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
    return rows.slice(1);
  }

  /** A request to the volume API; answers its status and its body. */
  async call<Shape = Json>(method: string, path: string, body?: Json): Promise<{ status: number; body: Shape }> {
    const { volumeEndpoint, token } = this.facts;
    const response = await fetch(`${volumeEndpoint}${path}`, {
      method,
      headers: { 'X-Auth-Token': token, 'Content-Type': 'application/json' },
      signal: AbortSignal.timeout(60_000),
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Shape };
  }

  /** Body of a GET that has to be answered with 200. */
  async get<Shape = Json>(path: string): Promise<Shape> {
    const { status, body } = await this.call<Shape>('GET', path);
    if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  /** Operations on a resource, or all, newest first. */
  async operations(resourceId?: string): Promise<readonly OperationView[]> {
    const query = resourceId === undefined ? '' : `?resource_id=${resourceId}`;
    return (await this.get<{ operations: OperationView[] }>(`/operations${query}`)).operations;
  }

  /** Waits until the newest operation on a resource has ended; it has to have succeeded. */
  async succeeded(resourceId: string, timeoutMs = 180_000): Promise<OperationView> {
    const operation = await eventually(async () => {
      const [newest] = await this.operations(resourceId);
      if (newest === undefined || !ended.includes(newest.state))
        throw new Error(`operation on ${resourceId}: ${JSON.stringify(newest ?? 'none')}`);
      return newest;
    }, timeoutMs);
    if (operation.state === 'succeeded') return operation;
    throw new Error(`${operation.kind} is ${operation.state}: ${operation.reason ?? 'no reason given'}`);
  }

  async volume(id: string): Promise<Json> {
    return (await this.get<{ volume: Json }>(`/volumes/${id}`)).volume;
  }
}
