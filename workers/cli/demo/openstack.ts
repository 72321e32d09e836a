// The demo's user: the real openstack client for what is typed, the public REST API for watching.
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { mustRunTool } from '../../../privileged/tool.ts';
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
  readonly #program: string;
  readonly #facts: LaunchFacts;
  readonly #narrator: Narrator;

  constructor(program: string, facts: LaunchFacts, narrator: Narrator) {
    this.#program = program;
    this.#facts = facts;
    this.#narrator = narrator;
  }

  /** Runs `openstack --os-cloud scoria …` and answers its JSON (`-f json` is added), or null where it prints nothing. */
  async run(words: readonly string[], shape: 'json' | 'none'): Promise<Record<string, unknown>> {
    const args = ['--os-cloud', 'scoria', ...words, ...(shape === 'json' ? ['-f', 'json'] : [])];
    const { stdout } = await mustRunTool(this.#program, args, {
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

  /** Operations on a resource, newest first; all of the project's when none is named. */
  async operations(resourceId: string | null): Promise<readonly OperationView[]> {
    const { volumeEndpoint, token } = this.#facts;
    const query = resourceId === null ? '' : `?resource_id=${resourceId}`;
    const response = await fetch(`${volumeEndpoint}/operations${query}`, { headers: { 'X-Auth-Token': token } });
    if (!response.ok) throw new Error(`GET /operations answered ${response.status}: ${await response.text()}`);
    return operationsSchema.parse(await response.json()).operations;
  }
}
