// Times as Cinder writes them: UTC, microseconds, no zone.

/** `2026-11-21T11:34:58.284000`, or null. */
export function wireTime(date: Date | null): string | null {
  return date && `${date.toISOString().slice(0, -1)}000`;
}
