// The host's line to the API: its internal endpoint, with the shared secret, and nothing of the database.
import { request } from 'undici';
import { z } from 'zod';
import type { HostClaim, HostServices, StepProgress, WantedExport } from '../../activities/host-services.ts';
import type { ImageAccess } from '../../domain/images.ts';
import { StorageError } from '../../domain/storage-errors.ts';
import type { ChapSecret } from '../../drivers/target/target.ts';
import type { HostReport, HostReporting, HostWishes } from './host-worker.ts';

export interface InternalApi {
  /** Base address, e.g. http://127.0.0.1:8777. */
  readonly url: string;
  readonly secret: string;
}

const requestTimeoutMs = 10_000;
const staleClaimStatus = 409;

const chapSchema = z.object({ username: z.string(), password: z.string() }).nullable();
const exportsSchema = z.object({
  exports: z.array(
    z.object({ volumeId: z.uuid(), readonly: z.boolean(), chap: chapSchema, attached: z.boolean().optional() }),
  ),
});
const pauseSchema = z
  .object({ host: z.string(), actor: z.string(), reason: z.string(), pausedAt: z.string() })
  .nullable();
// An API of the release before answers nothing.
const wishesSchema = z
  .object({ logLevel: z.enum(['debug', 'info', 'warn', 'error']).nullable(), pause: pauseSchema.default(null) })
  .nullable()
  .transform((wishes) => wishes ?? { logLevel: null });
const imageAccessSchema = z.object({
  access: z
    .object({
      endpoints: z.array(z.url()).min(1),
      userToken: z.string().nullable(),
      serviceToken: z.string().nullable(),
    })
    .nullable(),
});
const secretSchema = z.object({ chap: chapSchema });

/** HostServices over HTTP; errors name the call, never the secret. */
export class HttpHostServices implements HostServices, HostReporting {
  readonly #api: InternalApi;

  constructor(api: InternalApi) {
    this.#api = api;
  }

  async report(report: HostReport): Promise<HostWishes> {
    return wishesSchema.parse(await this.#call('POST', '/internal/hosts/report', report));
  }

  async reportProgress(claim: HostClaim, progress: StepProgress): Promise<void> {
    await this.#call('POST', `/internal/operations/${claim.operationId}/progress`, { epoch: claim.epoch, ...progress });
  }

  async targetSecret(claim: HostClaim, volumeId: string): Promise<ChapSecret | null> {
    const query = new URLSearchParams({ operationId: claim.operationId, epoch: claim.epoch });
    const answer = await this.#call('GET', `/internal/volumes/${volumeId}/target-secret?${query.toString()}`);
    return secretSchema.parse(answer).chap;
  }

  async imageAccess(claim: HostClaim): Promise<ImageAccess | null> {
    const { operationId, epoch } = claim;
    const path = `/internal/operations/${operationId}/image-access`;
    return imageAccessSchema.parse(await this.#call('GET', `${path}?${new URLSearchParams({ epoch }).toString()}`))
      .access;
  }

  async wantedExports(serviceHost: string): Promise<readonly WantedExport[]> {
    const query = new URLSearchParams({ host: serviceHost });
    return exportsSchema.parse(await this.#call('GET', `/internal/exports?${query.toString()}`)).exports;
  }

  async #call(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    const response = await request(`${this.#api.url}${path}`, {
      method,
      headers: { 'x-scoria-internal-secret': this.#api.secret, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      headersTimeout: requestTimeoutMs,
      bodyTimeout: requestTimeoutMs,
    });
    const text = await response.body.text();
    if (response.statusCode === staleClaimStatus) {
      throw new StorageError('StaleEpoch', 'the API says that the claim of this step is no longer in force');
    }
    if (response.statusCode >= 300) {
      throw new Error(
        `${method} ${path.split('?')[0]}: the API answered ${response.statusCode}: ${text.slice(0, 200)}`,
      );
    }
    return text === '' ? null : JSON.parse(text);
  }
}
