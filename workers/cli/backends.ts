// `scoria backends list|pause|release`: back-ends in an incident, and what waits for them.
import { z } from 'zod';
import { call, connect, type ApiConnection, type ApiFlags } from './api-client.ts';

export interface BackendFlags extends ApiFlags {
  readonly reason?: string;
  /** Seconds over which a release spreads what has waited. */
  readonly over?: number;
}

const pauseSchema = z.object({
  actor: z.string(),
  reason: z.string(),
  paused_at: z.string(),
  released_by: z.string().nullable(),
  release_reason: z.string().nullable(),
  released_at: z.string().nullable(),
});

const backendSchema = z.object({
  host: z.string(),
  state: z.string(),
  status: z.enum(['open', 'paused']),
  in_effect: z.boolean(),
  operations_waiting: z.number(),
  operations_running: z.number(),
  last_pause: pauseSchema.nullable(),
});

type Backend = z.infer<typeof backendSchema>;

/** Prints each back-end, and why it is paused. */
export async function listBackends(flags: ApiFlags): Promise<number> {
  const { backends } = z
    .object({ backends: z.array(backendSchema) })
    .parse(await call(await connect(flags), 'GET', '/backends'));
  for (const backend of backends) print(backend);
  if (backends.length === 0) console.log('no back-end has reported yet');
  return 0;
}

/** Pauses it; what begins there from now on waits. Answers 2 when no reason was given. */
export async function pauseBackend(host: string, flags: BackendFlags): Promise<number> {
  if (!flags.reason) return reasonMissing();
  const backend = await order(await connect(flags), host, { pause: { reason: flags.reason } });
  print(backend);
  if (backend.state === 'up' && !backend.in_effect) {
    console.log('Its worker is told with its next report; what has begun by then goes on to its end.');
  }
  return 0;
}

/** Releases it: what waits goes on, spread over `--over`. Answers 2 when no reason was given. */
export async function releaseBackend(host: string, flags: BackendFlags): Promise<number> {
  if (!flags.reason) return reasonMissing();
  const body = { release: { reason: flags.reason, ...(flags.over === undefined ? {} : { over_s: flags.over }) } };
  print(await order(await connect(flags), host, body));
  return 0;
}

async function order(connection: ApiConnection, host: string, body: object): Promise<Backend> {
  const answer = await call(connection, 'POST', `/backends/${encodeURIComponent(host)}/action`, body);
  return z.object({ backend: backendSchema }).parse(answer).backend;
}

function reasonMissing(): number {
  console.error('scoria: give a --reason: it is kept, and everyone whose operation waits reads it');
  return 2;
}

function print({ host, state, status, in_effect: inEffect, last_pause: pause, ...work }: Backend): void {
  const counts = `${work.operations_running} running, ${work.operations_waiting} waiting`;
  const shown = status === 'paused' && !inEffect ? 'pausing' : status;
  console.log([host.padEnd(30), state.padEnd(4), shown.padEnd(7), counts].join('  '));
  if (pause === null) return;
  const { actor, reason, paused_at: at, released_at: releasedAt } = pause;
  console.log(`  paused ${at} by ${actor}: ${reason}`);
  if (releasedAt !== null) console.log(`  released ${releasedAt} by ${pause.released_by}: ${pause.release_reason}`);
}
