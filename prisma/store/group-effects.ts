// What the endings of group operations change besides statuses.
import type { Ending } from './ending-parts.ts';

export const groupEndings = {} as const satisfies Record<string, { succeeded: Ending; unsuccessful: Ending }>;
