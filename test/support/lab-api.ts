// The REST API in front of a lab, for tests that give orders as an operator does: by request or by command line.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from '../../api/app.ts';
import { noauth } from '../../api/http/noauth.ts';
import { createOperationOrders } from '../../api/operations/orders.ts';
import { createStateChecks } from '../../api/operations/state-checks.ts';
import { createPolicyRules } from '../../api/policy/enforcer.ts';
import { fixedPolicies } from '../../api/policy/policy-file.ts';
import { createImageService } from '../../workers/roles/images.ts';
import { labGlance } from './host-images.ts';
import { labConfig } from '../contract/support/api-lab.ts';
import type { Lab } from './lab.ts';

export interface LabApi {
  /** What the command line takes as `--endpoint` and `--token`; the state directory is not looked at. */
  readonly flags: { readonly endpoint: string; readonly token: string; readonly stateDir: string };
  /** An administrator's request; answers status and body. */
  call<Body = unknown>(
    method: string,
    path: string,
    body?: object,
    version?: string,
  ): Promise<{ status: number; body: Body }>;
  stop(): Promise<void>;
}

const imageServiceOf = (servers: readonly string[]) =>
  createImageService({
    config: { servers, catalog: { serviceType: 'image', interface: 'public' }, glance: labGlance },
    identity: null,
    regionName: null,
  });

/** Serves the lab's database and workflows on a free port. */
export async function serveLab(lab: Lab): Promise<LabApi> {
  const app = createApp({
    db: lab.db,
    config: labConfig,
    operations: lab.starter,
    orders: createOperationOrders(lab.temporal, lab.starter),
    images: lab.images && imageServiceOf(lab.images.access.endpoints),
    stateChecks: createStateChecks(lab.temporal, 60_000),
    authenticate: noauth,
    policies: fixedPolicies(createPolicyRules({}, { enforceNewDefaults: true })),
    log: lab.log,
  });
  const server = await new Promise<Server>((resolve) => {
    const started = app.listen(0, '127.0.0.1', () => resolve(started));
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v3/fedcba98`;
  const token = 'admin:fedcba98';
  return {
    flags: { endpoint, token, stateDir: '/nonexistent' },
    async call<Body>(method: string, path: string, body?: object, version?: string) {
      const response = await fetch(`${endpoint}${path}`, {
        method,
        headers: {
          'X-Auth-Token': token,
          'Content-Type': 'application/json',
          ...(version ? { 'OpenStack-API-Version': `volume ${version}` } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      return { status: response.status, body: (await response.json().catch(() => null)) as Body };
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
