// The API role: the REST API, the hosts' internal endpoint, and the sweeper that looks after accepted operations.
import { createServer, type Server } from 'node:http';
import { Client, Connection } from '@temporalio/client';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { createApp } from '../../api/app.ts';
import { createOperationOrders } from '../../api/operations/orders.ts';
import { createOperationStarter } from '../../api/operations/starter.ts';
import { noauth } from '../../api/http/noauth.ts';
import { keystone } from '../../api/keystone/authenticate.ts';
import { createIdentityService, type IdentityService } from '../../api/keystone/identity.ts';
import { openPolicyFile, type PolicySource } from '../../api/policy/policy-file.ts';
import { createStateChecks } from '../../api/operations/state-checks.ts';
import { startSweeper } from '../../api/operations/sweeper.ts';
import { createDatabase } from '../../prisma/store/database/client.ts';
import { seedGroupType } from '../../prisma/store/groups/group-types.ts';
import { seedDefaultType } from '../../prisma/store/types/types.ts';
import { isLoopback } from '../config/loopback.ts';
import type { ScoriaConfig } from '../config/config.ts';
import { createImageService } from './images.ts';
import type { RunningWorker } from './run-worker.ts';
import { temporalConnectionOptions } from './temporal-connection.ts';

const poolSize = 20;
const sweepEveryMs = 5_000;
/** A start that takes longer than this was lost. */
const unstartedAfterMs = 10_000;
/** A running operation writes nothing while a long copy goes on; looking is cheap. */
const silentAfterMs = 60_000;

/** Listens once everything behind it is wired; a Temporal that is down does not keep it from accepting. */
export async function startApiRole(config: ScoriaConfig, log: Logger): Promise<RunningWorker> {
  const db = createDatabase(mustBeSet(config.database.connection), { poolSize });
  const connection = Connection.lazy(await temporalConnectionOptions(config.temporal));
  const temporal = new Client({ connection, namespace: config.temporal.namespace });
  const { quotaDefaults } = config;
  const settings = { quotaDefaults, backlogLimit: config.api.backlogLimit };
  const operations = createOperationStarter({ db, temporal, log, settings });
  const orders = createOperationOrders(temporal, operations);
  const policies = await openPolicyFile({ ...config.policy, log });
  const authentication = authenticationOf(config, policies, log);
  const { authenticate, identity } = authentication;
  const regionName = config.keystone?.regionName ?? null;
  const images = createImageService({ config: config.images, identity, regionName });
  const stateChecks = createStateChecks(temporal, config.api.rpcResponseTimeoutMs);
  const app = createApp({
    db,
    config: apiConfigOf(config),
    operations,
    orders,
    stateChecks,
    images,
    policies,
    authenticate,
    log,
  });
  await seedDefaultType(db);
  await seedGroupType(db);
  const server = await listen(createServer(app), config.api.port, config.api.listenAddress);
  const sweeper = startSweeper({
    db,
    temporal,
    starter: operations,
    log,
    everyMs: sweepEveryMs,
    unstartedAfterMs,
    silentAfterMs,
  });
  const ended = new Promise<void>((resolve, reject) => {
    server.once('close', resolve);
    server.once('error', reject);
  });
  return {
    ended,
    async stop() {
      await sweeper.stop();
      await close(server);
      await authentication.close();
      await connection.close();
      await db.$disconnect();
    },
  };
}

interface Authentication {
  readonly authenticate: RequestHandler;
  /** Null with noauth. */
  readonly identity: IdentityService | null;
  close(): Promise<void>;
}

function authenticationOf(config: ScoriaConfig, policies: PolicySource, log: Logger): Authentication {
  const { keystone: options, api } = config;
  if (options === null) {
    if (!isLoopback(api.listenAddress)) {
      log.warn(
        { address: api.listenAddress },
        'auth_strategy = noauth beyond loopback: whoever reaches this address is an administrator of every project',
      );
    }
    return { authenticate: noauth, identity: null, close: () => Promise.resolve() };
  }
  const identity = createIdentityService(options);
  return { authenticate: keystone({ identity, options, policies, log }), identity, close: () => identity.close() };
}

function apiConfigOf(config: ScoriaConfig): Parameters<typeof createApp>[0]['config'] {
  const { rateLimit, maxLimit, maxRequestBodyBytes, publicEndpoint, rpcResponseTimeoutMs, backendReleaseOverS } =
    config.api;
  return {
    ...config,
    rateLimit,
    maxLimit,
    maxRequestBodyBytes,
    publicEndpoint,
    rpcResponseTimeoutMs,
    imageRules: config.images.rules,
    backendReleaseOverS,
    internalSecret: config.internalApi.secret,
  };
}

function listen(server: Server, port: number, address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

/** Lets requests that are being answered end; idle connections are closed at once. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

function mustBeSet(value: string | null): string {
  if (value === null) throw new Error('the configuration was not checked for this role');
  return value;
}
