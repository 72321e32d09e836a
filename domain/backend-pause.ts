// Back-ends that an administrator has paused: what is said of them, and how a step tells its workflow.

/** A pause that is in force. */
export interface BackendPause {
  /** host@backend */
  readonly host: string;
  readonly actor: string;
  readonly reason: string;
  /** ISO 8601 */
  readonly pausedAt: string;
}

/** What a step that was refused for it carries in its failure's details. */
export interface PausedDetails {
  /** Any of them would do. */
  readonly hosts: readonly string[];
  /** True when nothing of the step can have been done: no attempt of it had begun before. */
  readonly untouched: boolean;
}

/** One sentence for a person. */
export const pauseWords = ({ host, actor, reason, pausedAt }: BackendPause): string =>
  `back-end ${host}, paused since ${pausedAt} by ${actor}: ${reason}`;
