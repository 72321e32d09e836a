// Step contexts and scratch directories for driver tests.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StepContext } from '../../../drivers/step.ts';

/** A step of a new operation that nobody cancels. */
export function newStep(overrides: Partial<StepContext> = {}): StepContext {
  return {
    operationId: randomUUID(),
    epoch: 1,
    signal: new AbortController().signal,
    reportProgress: () => {},
    ...overrides,
  };
}

export async function scratchDirectory(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'scoria-driver-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A TCP port on loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
