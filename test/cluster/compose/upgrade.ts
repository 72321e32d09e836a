// An upgrade of the deployment as docs/upgrading.md says, with operations under way: what it needs, and what it is asked.
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { createDatabase } from '../../../prisma/store/database/client.ts';
import type { Operation, PrismaClient } from '../../../prisma/generated/client.ts';
import { eventually } from '../../support/eventually.ts';
import { addFirstStep, copyRelease } from '../support/release.ts';
import { Tenant } from '../support/tenant.ts';
import { projectRoot } from './compose-file.ts';
import type { Deployment } from './deployment.ts';
import type { Container } from './places.ts';
import { UpgradingPage } from './upgrading-page.ts';
import { versionsOf, type Versions } from './versions.ts';

/** The release that comes next: every workflow has one more step, for which it asks `patched()`. */
const nextVersion = '0.2.0';
/** One whose author forgot to: it cannot replay what others began. */
const hastyVersion = '0.3.0';

export type ReleaseName = 'next' | 'hasty';

export class Upgrade {
  readonly page: UpgradingPage;
  readonly tenant: Tenant;
  readonly db: PrismaClient;
  readonly temporal: Client;
  readonly #deployment: Deployment;

  private constructor(deployment: Deployment, page: UpgradingPage, temporal: Client) {
    this.#deployment = deployment;
    this.page = page;
    this.temporal = temporal;
    this.tenant = new Tenant(deployment.url);
    this.db = createDatabase(deployment.databaseUrl, { poolSize: 2 });
  }

  /** Makes both releases. The services run already. */
  static async of(deployment: Deployment): Promise<Upgrade> {
    const connection = await Connection.connect({ address: deployment.temporalAddress });
    const upgrade = new Upgrade(deployment, await UpgradingPage.read(), new Client({ connection }));
    await copyRelease(upgrade.release('next'), nextVersion);
    await addFirstStep(upgrade.release('next'), "patched('one-more-step');");
    await copyRelease(upgrade.release('hasty'), hastyVersion);
    await addFirstStep(upgrade.release('hasty'), 'await sleep(1);');
    return upgrade;
  }

  async close(): Promise<void> {
    await this.db.$disconnect();
    await this.temporal.connection.close();
  }

  release(name: ReleaseName): string {
    return join(this.#deployment.directory, `release-${name}`);
  }

  /** A documented command, as an operator gives it in a release's directory. */
  command(ending: string, name: ReleaseName | null, buildId?: string): Promise<string> {
    const release = name === null ? projectRoot : this.release(name);
    const etc = join(this.#deployment.containers.named('control-1').directory, 'mounts/etc/scoria');
    return this.page.run(ending, { release, etc, ...(buildId === undefined ? {} : { buildId }) });
  }

  /** Starts the release in the place of a service's replicas, one after another: each is healthy before the next ends. */
  async roll(serviceName: string, name: ReleaseName): Promise<void> {
    for (const container of this.#deployment.containers.of(serviceName)) {
      await this.#deployment.containers.stop(container);
      await this.#deployment.containers.start(container, this.release(name));
    }
  }

  async startBeside(serviceName: string, name: ReleaseName): Promise<Container> {
    const container = this.#deployment.beside(serviceName);
    await this.#deployment.containers.start(container, this.release(name));
    return container;
  }

  stop(container: Container): Promise<void> {
    return this.#deployment.containers.stop(container);
  }

  async stopAll(serviceName: string): Promise<void> {
    for (const container of this.#deployment.containers.of(serviceName)) await this.stop(container);
  }

  /** The operation on a resource that was accepted last. */
  operationOn(resourceId: string): Promise<Operation> {
    return this.db.operation.findFirstOrThrow({ where: { resourceId }, orderBy: { createdAt: 'desc' } });
  }

  async versions(resourceId: string): Promise<Versions> {
    return versionsOf(this.temporal, await this.operationOn(resourceId));
  }

  /** Its workflow has begun, so that it is under way when things change. */
  async begun(resourceId: string): Promise<void> {
    await eventually(async () => {
      if ((await this.versions(resourceId)).began === null) throw new Error(`nobody has begun ${resourceId}`);
    });
  }

  /** Build id of the version that is current, from what `show` prints. */
  async currentBuildId(): Promise<string> {
    const shown = await this.command('deployment show --config /etc/scoria/scoria.conf', null);
    return /^(\S+) +current/m.exec(shown)?.[1] ?? '';
  }
}
