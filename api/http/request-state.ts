// What the middlewares have found out about a request, kept on its response.
import type { Response } from 'express';
import type { Caller } from './context.ts';

export interface RequestState {
  readonly requestId: string;
  /** The caller's own request id (Nova's, say), for the log. */
  readonly globalRequestId: string | null;
  readonly startedAt: number;
  caller: Caller | null;
  microversion: string | null;
}

/** The state that `requestId` middleware has put there. */
export function stateOf(response: Response): RequestState {
  return (response.locals as { state: RequestState }).state;
}

export function setState(response: Response, state: RequestState): void {
  (response.locals as { state: RequestState }).state = state;
}
