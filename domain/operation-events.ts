// What an operation's history may say; each is written in the transaction that makes it true.

export const operationEvents = {
  accepted: 'the request was accepted; by the user who asked',
  claimed: 'a run of its workflow took its resources for the first time, or was started again by the sweeper',
  renewed: 'the same run took a newer claim, so that late steps of its own are refused',
  reset: 'its workflow was reset in Temporal: the operation runs again under a new claim',
  waiting: 'its workflow was gone; a new run waits, paused, for an order',
  paused: 'a step needs a person; the detail is the reason',
  retried: 'an operator ordered a retry',
  skipped: 'an operator ordered that a step be left out; the detail says which and what is lost by it',
  aborting: 'an abort was ordered: what can be undone is being undone',
  succeeded: 'it ended well',
  failed: "it ended with a user's error",
  aborted: 'it ended by an abort; what could be undone has been undone',
  'reset-status': 'an administrator set the status of one of its resources by force',
} as const satisfies Record<string, string>;

export type OperationEventName = keyof typeof operationEvents;

/** Why a run claims its operation: the event that the claim leaves. */
export type ClaimCause = Extract<
  OperationEventName,
  'claimed' | 'renewed' | 'reset' | 'retried' | 'skipped' | 'aborting'
>;
