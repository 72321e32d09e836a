// Writes an answer: JSON with Cinder's content type (no charset) and its length.
import type { Response } from 'express';
import type { Answer } from './context.ts';

export function sendAnswer(response: Response, { status = 200, body, headers = {} }: Answer): void {
  response.statusCode = status;
  const bytes = Buffer.from(body === undefined || body === null ? '' : JSON.stringify(body));
  // Not `response.set`: Express would add a charset, which clients of Cinder have never seen.
  if (!response.hasHeader('Content-Type')) response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', bytes.length);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(bytes);
}
