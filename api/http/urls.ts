// The address under which a client sees this API.
import type { Request } from 'express';

/** `http://host:port`, as the client wrote it, or as the last proxy says that it did. */
export function urlOf(request: Request): string {
  const forwarded = request.get('x-forwarded-host')?.split(/,\s?/).at(-1);
  const host = forwarded || request.get('host') || `localhost:${request.socket.localPort}`;
  return `${request.protocol}://${host}`;
}

/** The same with the configured `public_endpoint` in front, where there is one. */
export function publicUrlOf(request: Request, publicEndpoint: string | null): string {
  return publicEndpoint?.replace(/\/+$/, '') ?? urlOf(request);
}
