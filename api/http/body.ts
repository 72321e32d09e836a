// Reads and parses request bodies: JSON of bounded size and depth, whose every string PostgreSQL can store.
import express, { type RequestHandler } from 'express';
import { ApiError } from './errors.ts';

const jsonTypes: ReadonlySet<string> = new Set(['application/json', 'application/vnd.openstack.volume+json']);
/** Deeper than anything a client means; keeps whatever walks a body from running out of stack. */
const maxDepth = 64;

/** Reads the body as bytes; larger than `limit` is an error of type `entity.too.large`. */
export function readBytes(limit: number): RequestHandler {
  return express.raw({ type: () => true, limit, inflate: false });
}

/** The body's bytes; empty when there is none. */
export function bytesOf(body: unknown): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

/**
 * The parsed body, or null when the request has none or does not say what it is, as Cinder treats them.
 * Throws MalformedBody and UndecodableRequest.
 */
export function parseBody(bytes: Buffer, contentType: string | undefined): unknown {
  if (bytes.length === 0 || contentType === undefined) return null;
  const text = bytes.toString('utf8');
  if (text.includes('\uFFFD') && !bytes.equals(Buffer.from(text, 'utf8'))) throw new ApiError('UndecodableRequest');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ApiError('MalformedBody');
  }
  mustBeStorable(value);
  return value;
}

/** Throws UnsupportedContentType for a body that says it is not JSON. */
export function checkContentType(bytes: Buffer, contentType: string | undefined): void {
  if (bytes.length === 0 || contentType === undefined) return;
  const [type = ''] = contentType.split(';');
  if (!jsonTypes.has(type.trim().toLowerCase())) throw new ApiError('UnsupportedContentType');
}

/** Throws UndecodableRequest for text that PostgreSQL cannot hold: NUL characters and halves of surrogate pairs. */
export function mustBeText(text: string): string {
  // oxlint-disable-next-line no-control-regex -- NUL is what is looked for
  if (/\u0000/.test(text) || hasLoneSurrogate(text)) throw new ApiError('UndecodableRequest');
  return text;
}

function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

/** Checks every string of a parsed body, and its depth; not recursive, because depth is what may be wrong. */
function mustBeStorable(root: unknown): void {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxDepth) throw new ApiError('MalformedBody');
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value === 'string') mustBeText(value);
      else if (Array.isArray(value)) for (const item of value as unknown[]) next.push(item);
      else if (value !== null && typeof value === 'object') {
        for (const [key, item] of Object.entries(value)) {
          mustBeText(key);
          next.push(item);
        }
      }
    }
    level = next;
  }
}
