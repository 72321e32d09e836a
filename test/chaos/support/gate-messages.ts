// What a worker process and the harness tell each other at the boundaries of each activity: JSON lines on a socket.

export type Moment = 'before' | 'after';

/** From a worker: it stands at a boundary and waits for a `Verdict` (`ended`: it has gone on, and waits for nothing). */
export interface Arrival {
  readonly id: number;
  readonly at: Moment | 'ended';
  readonly pid: number;
  readonly workflowId: string;
  readonly runId: string;
  readonly activityId: string;
  readonly type: string;
  readonly attempt: number;
  /** For `ended`: null when the activity succeeded. */
  readonly error: string | null;
}

/** From the harness. */
export interface Verdict {
  readonly id: number;
  readonly action: 'go' | 'throw';
}

/** Splits what comes over a socket into its lines, whatever pieces it comes in. */
export function lineReader<Message>(onMessage: (message: Message) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onMessage(JSON.parse(line) as Message);
  };
}
