// Empty answers that WebOb made by itself in Cinder, and so call themselves HTML.
import type { Answer } from '../http/context.ts';

const headers = { 'Content-Type': 'text/html; charset=UTF-8' } as const;

export const emptyOk: Answer = { status: 200, headers };
export const emptyAccepted: Answer = { status: 202, headers };
export const emptyNoContent: Answer = { status: 204, headers };
export const preconditionFailed: Answer = { status: 412, headers };
