// What a worker and the root daemon tell each other: one connection for one command, a JSON object on each line.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import { z } from 'zod';

/** From the worker, as the text in `SignedRequest`. */
export const requestSchema = z.strictObject({
  words: z.array(z.string()),
  /** Places in `words` that a log must not show. */
  secretWords: z.array(z.number().int().nonnegative()),
  input: z.string(),
  /** The worker's descriptor of the lock that the command is to hold; null without one. */
  lockFd: z.number().int().nonnegative().nullable(),
  endsWithClient: z.boolean(),
  maxOutputChars: z.number().int().positive(),
});

export type Request = z.infer<typeof requestSchema>;

/** `proof` shows that the sender has the key, for this connection and this request only. */
export const signedRequestSchema = z.strictObject({ request: z.string(), proof: z.string() });

/** From the worker, any time after its request: ask the command to end, and kill it after so long. */
export const endOrderSchema = z.strictObject({ endAfterMs: z.number().int().nonnegative() });

export const replySchema = z.union([
  z.strictObject({ nonce: z.string() }),
  z.strictObject({ stdout: z.string() }),
  z.strictObject({ stderr: z.string() }),
  z.strictObject({ refused: z.strictObject({ by: z.string(), why: z.string() }) }),
  z.strictObject({
    ended: z.strictObject({
      exitCode: z.number().nullable(),
      signal: z.string().nullable(),
      startError: z.string().nullable(),
      tooMuchOutput: z.boolean(),
    }),
  }),
]);

export type Reply = z.infer<typeof replySchema>;

/** Longest line that a worker may send: a command's input is a page of XML, not a volume. */
export const maxRequestChars = 4 * 1024 * 1024;

export function proofOf(key: Buffer, nonce: string, request: string): string {
  return createHmac('sha256', key).update(`${nonce}\n${request}`).digest('hex');
}

export function isProof(given: string, key: Buffer, nonce: string, request: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(proofOf(key, nonce, request))];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Calls `onLine` for each whole line; a line longer than `maxChars` destroys the connection. */
export function eachLine(socket: Socket, maxChars: number, onLine: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > maxChars) socket.destroy();
    for (const line of lines) onLine(line);
  });
}

export const send = (socket: Socket, message: object): void => {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
};
