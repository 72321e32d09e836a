// Durations as people type them: 90s, 30m, 1h, 2d.
import { InvalidArgumentError } from 'commander';

const secondsIn = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Seconds. Throws InvalidArgumentError for anything else. */
export function parseDuration(text: string): number {
  const [, number, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError('a duration is a number and s, m, h or d: 30m');
  return Number(number) * secondsIn[unit as keyof typeof secondsIn];
}
