// What host and lab VM say to each other: one JSON value a line, over one TCP connection that the VM opens.
import { StorageError, isStorageErrorCode } from '../../../domain/storage-errors.ts';
import type { StepContext } from '../../../drivers/step.ts';

/** Host to VM. */
export type Request =
  | {
      readonly id: number;
      readonly do: 'exec';
      readonly argv: readonly string[];
      readonly stdin: string;
      readonly timeoutMs: number;
      readonly env: Readonly<Record<string, string>>;
    }
  | { readonly id: number; readonly do: 'load'; readonly path: string }
  | {
      readonly id: number;
      readonly do: 'call';
      readonly handle: number;
      readonly method: string;
      readonly args: readonly unknown[];
    }
  | { readonly id: number; readonly do: 'abort' }
  | { readonly do: 'quit' };

/** VM to host. The first line is `hello`; a call is answered by any number of `progress` and one `value` or `error`. */
export type Answer =
  | { readonly hello: string }
  | { readonly id: number; readonly progress: readonly [bytesDone: number, bytesTotal: number] }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: WireError };

export interface WireError {
  readonly code: string | null;
  readonly message: string;
  readonly stack: string;
}

/** An object that stays in the VM; `facts` are its plain properties as they are now. */
export interface RemoteObject {
  readonly $object: number;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly methods: readonly string[];
}

/** A step as it travels: its signal and its progress are messages of their own. */
export interface WireStep {
  readonly $step: { readonly operationId: string; readonly epoch: number };
}

export const isStep = (value: unknown): value is StepContext =>
  typeof value === 'object' && value !== null && 'signal' in value && 'reportProgress' in value;

/** Arguments and results as JSON; bytes travel as base64. */
export function toWire(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return { $bytes: value.toString('base64') };
  if (isStep(value)) return { $step: { operationId: value.operationId, epoch: value.epoch } } satisfies WireStep;
  if (Array.isArray(value)) return value.map(toWire);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toWire(inner)]));
}

/** `revive` answers what a marked object stands for, or undefined for any other. */
export function fromWire(value: unknown, revive: (marked: object) => unknown): unknown {
  if (Array.isArray(value)) return value.map((inner) => fromWire(inner, revive));
  if (typeof value !== 'object' || value === null) return value;
  if ('$bytes' in value) return Buffer.from(String(value.$bytes), 'base64');
  const revived = revive(value);
  if (revived !== undefined) return revived;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fromWire(inner, revive)]));
}

export function errorToWire(error: unknown): WireError {
  if (!(error instanceof Error)) return { code: null, message: String(error), stack: '' };
  const { code } = error as { code?: unknown };
  return { code: typeof code === 'string' ? code : null, message: error.message, stack: error.stack ?? '' };
}

/** A StorageError stays one. */
export function errorFromWire({ code, message, stack }: WireError): Error {
  if (isStorageErrorCode(code)) return new StorageError(code, message);
  return Object.assign(new Error(message, { cause: `in the lab VM: ${stack}` }), code === null ? {} : { code });
}

/** Splits a stream into lines and gives each, parsed, to `take`. */
export function lineReader<T>(take: (message: T) => void): (chunk: Buffer) => void {
  // Joined once a line is whole: a line may have tens of megabytes, in thousands of chunks.
  let parts: Buffer[] = [];
  return (chunk) => {
    let rest = chunk;
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      const line = Buffer.concat([...parts, rest.subarray(0, end)]).toString('utf8');
      parts = [];
      rest = rest.subarray(end + 1);
      take(JSON.parse(line) as T);
    }
    if (rest.length > 0) parts.push(rest);
  };
}
