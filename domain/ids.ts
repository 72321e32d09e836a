// Identifiers: what may become part of a file name or a command line.

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for a lower-case UUID with dashes, the only form that Scoria writes and that a storage object's name may hold. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/** Returns `text` if it is a UUID and throws otherwise: the last check before an id becomes part of a file name or argv. */
export function mustBeUuid(text: string): string {
  if (!isUuid(text)) throw new TypeError(`not a UUID: ${JSON.stringify(text.slice(0, 60))}`);
  return text;
}
