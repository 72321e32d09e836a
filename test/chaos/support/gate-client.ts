// The worker's side of the gate: at both boundaries of each activity it asks the harness, and waits for the answer.
import { connect, type Socket } from 'node:net';
import { heartbeat } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { lineReader, type Arrival, type Verdict } from './gate-messages.ts';

const beatEveryMs = 1_000;

/** Connects to the harness; without it every boundary is passed at once. */
export async function gateInterceptor(socketPath: string): Promise<ActivityInterceptorsFactory> {
  const socket = await open(socketPath);
  const waiting = new Map<number, (action: Verdict['action']) => void>();
  const passAll = (): void => {
    for (const pass of waiting.values()) pass('go');
    waiting.clear();
  };
  socket.on(
    'data',
    lineReader<Verdict>(({ id, action }) => {
      waiting.get(id)?.(action);
      waiting.delete(id);
    }),
  );
  socket.on('close', passAll);
  socket.on('error', passAll);
  let lastId = 0;
  const tell = (arrival: Arrival): void => void (socket.writable && socket.write(`${JSON.stringify(arrival)}\n`));
  const ask = (arrival: Arrival): Promise<Verdict['action']> =>
    new Promise((resolve) => {
      if (!socket.writable) return resolve('go');
      waiting.set(arrival.id, resolve);
      tell(arrival);
    });
  return ({ info }) => {
    const about = (at: Arrival['at'], error: string | null = null): Arrival => ({
      ...{ id: (lastId += 1), at, pid: process.pid, type: info.activityType, attempt: info.attempt, error },
      workflowId: info.workflowExecution?.workflowId ?? '',
      runId: info.workflowExecution?.runId ?? '',
      activityId: info.activityId,
    });
    const stop = async (at: 'before' | 'after'): Promise<void> => {
      // The step's own heartbeat does not run here, and the harness may take a while to strike.
      const beating = info.isLocal ? null : setInterval(() => heartbeat(), beatEveryMs);
      try {
        if ((await ask(about(at))) === 'throw') throw new Error('broken on purpose');
      } finally {
        if (beating) clearInterval(beating);
      }
    };
    return {
      inbound: {
        async execute(input, next) {
          try {
            await stop('before');
            const result = await next(input);
            await stop('after');
            tell(about('ended'));
            return result;
          } catch (error) {
            tell(about('ended', String(error)));
            throw error;
          }
        },
      },
    };
  };
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket));
    socket.setEncoding('utf8');
    socket.once('error', reject);
  });
}
