// Faults that come before any resource is known: WebOb's own form instead of Cinder's.
import type { Response } from 'express';
import { sendAnswer } from './send.ts';

const plainFaults = {
  404: ['Not Found', 'The resource could not be found.'],
  // Cinder 29 forgets to fill its own message in; clients may compare it.
  413: ['Request Entity Too Large', 'Request is too large. Larger than max_request_body_size (%s).'],
} as const satisfies Record<number, readonly [string, string]>;

/** `{"message": "…<br /><br />\n\n\n", "code": "404 Not Found", "title": "Not Found"}` */
export function sendPlainFault(response: Response, status: keyof typeof plainFaults): void {
  const [title, message] = plainFaults[status];
  const body = { message: `${message}<br /><br />\n\n\n`, code: `${status} ${title}`, title };
  sendAnswer(response, { status, body });
}
