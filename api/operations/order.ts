// What an operator may tell an operation: try again, give up, or leave a step out.

export const orderKinds = ['retry', 'abort', 'skip'] as const;

export type OrderKind = (typeof orderKinds)[number];

export interface Order {
  readonly kind: OrderKind;
  /** Who asks, for the operation's history. */
  readonly actor: string;
  readonly reason: string | null;
}

/** The operation cannot take this order now; the message says why and what to do. */
export class OrderRefusedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OrderRefusedError';
  }
}
