// What a route's handler is given, and what it gives back.
import type { Logger } from 'pino';
import type { Database } from '../../prisma/store/database/client.ts';
import type { Transaction } from '../../prisma/store/database/transaction.ts';
import type { ImageService } from '../images/service.ts';
import type { OperationOrders } from '../operations/orders.ts';
import type { OperationStarter } from '../operations/starter.ts';
import type { StateChecks } from '../operations/state-checks.ts';
import type { Credentials } from '../policy/evaluate.ts';
import type { ApiConfig } from './config.ts';
import type { Microversion } from './microversion.ts';
import type { Policy, Target } from './policy.ts';

export interface Answer {
  /** 200 when left out. */
  readonly status?: number;
  /** Sent as JSON; left out = an empty body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Who asks. */
export interface Caller {
  /** Empty for a token of the whole system or of a domain. */
  readonly projectId: string;
  readonly userId: string;
  /** What the rule `context_is_admin` says: sees every project's rows. */
  readonly isAdmin: boolean;
  /** Another service asks (a good X-Service-Token came with it): it knows what it does to what is in use. */
  readonly isService: boolean;
  /** What policies are asked with. */
  readonly credentials: Credentials;
}

export interface RequestContext extends Caller {
  readonly db: Database;
  readonly config: ApiConfig;
  readonly operations: OperationStarter;
  readonly orders: OperationOrders;
  readonly stateChecks: StateChecks;
  /** Null without an image service. */
  readonly images: ImageService | null;
  readonly log: Logger;
  /** The whole process's, whose level an operator may change. */
  readonly processLog: Logger;

  readonly requestId: string;
  readonly microversion: Microversion;
  atLeast(version: Microversion): boolean;

  /** Of the route's path, decoded: `/volumes/:id` → `params.id`. */
  readonly params: Readonly<Record<string, string>>;
  /** The last value of each query parameter, as Cinder reads them. */
  readonly query: Readonly<Record<string, string>>;
  /** All of the query, in order. */
  readonly search: URLSearchParams;
  /** A header of the request. */
  header(name: string): string | undefined;
  /** What links begin with: `http://host:8776/v3`, or the public endpoint's. */
  readonly baseUrl: string;
  /** The same without `/v3`: what bookmarks begin with. */
  readonly bookmarkUrl: string;
  /** `/<project id>` when the request's path had one, else empty. */
  readonly projectPath: string;

  /** Id for the operation of this request; the same again when the request is repeated under its Idempotency-Key. */
  readonly operationId: string;
  /** Id for something else that this request makes, by purpose ("volume"); just as repeatable. */
  newId(purpose: string): string;

  /**
   * Throws PolicyNotAuthorized unless the policy allows it. The target is the row that is read or changed (or only the
   * id of the project that owns it); without one it is the caller's own project.
   */
  authorize(policy: Policy, target?: Target): void;
  /** The same as a question: for fields that only some see, and for what depends on more than one policy. */
  can(policy: Policy, target?: Target): boolean;
  /**
   * Runs `work` in one transaction and answers what it answers. With an Idempotency-Key the answer is stored in that
   * same transaction, so that either both exist or neither. For requests that start no operation.
   */
  inTransaction(work: (tx: Transaction) => Promise<Answer>): Promise<Answer>;
}
