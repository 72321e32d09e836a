// The API lab with a type, a back-end and operations that end at once: for tests of volumes and what hangs on them.
import { allRoutes } from '../../../api/app.ts';
import type { ApiConfig } from '../../../api/http/config.ts';
import { noteService } from '../../../prisma/store/services/services.ts';
import { createType } from '../../../prisma/store/types/types.ts';
import { newId } from '../../support/ids.ts';
import type { Json } from '../../support/json.ts';
import { startApiLab, type ApiLab } from './api-lab.ts';
import { createInstantStarter, type InstantStarter } from './instant-starter.ts';

export const project = 'fedcba98765432100123456789abcdef';

export interface Answered {
  readonly status: number;
  readonly body: Json;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly version?: string;
  readonly projectId?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface VolumeLab extends ApiLab {
  readonly starter: InstantStarter;
  /** Sends a request below /v3/<project>. */
  call(method: string, path: string, options?: CallOptions): Promise<Answered>;
  /** A volume that is `available`; answers its id. */
  makeVolume(wish?: Readonly<Record<string, unknown>>): Promise<string>;
  /** A volume, shown. */
  show(id: string): Promise<Json>;
}

export async function startVolumeLab(changes: Partial<ApiConfig> = {}): Promise<VolumeLab> {
  const lab = await startApiLab(changes);
  const { db, deps } = lab;
  const starter = createInstantStarter(db, deps.config.quotaDefaults);
  const common = { description: null, isPublic: true } as const;
  await createType(db, { ...common, id: newId(), name: 'lf', extraSpecs: {} });
  await createType(db, { ...common, id: newId(), name: 'shared', extraSpecs: { multiattach: '<is> True' } });
  await noteService(db, 'cinder-volume', 'peer@lf', 'nova');
  const url = await lab.serve(allRoutes, { operations: starter });

  async function call(method: string, path: string, options: CallOptions = {}): Promise<Answered> {
    const { body, version = '3.71', projectId = project, headers = {} } = options;
    const response = await fetch(`${url}/v3/${projectId}${path}`, {
      method,
      headers: {
        'X-Auth-Token': `admin:${projectId}`,
        'Content-Type': 'application/json',
        'OpenStack-API-Version': `volume ${version}`,
        ...headers,
      },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
  }

  async function makeVolume(wish: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const answered = await call('POST', '/volumes', { body: { volume: { size: 1, ...wish } } });
    if (answered.status !== 202) throw new Error(JSON.stringify(answered));
    await starter.settle();
    return answered.body.volume.id as string;
  }

  return {
    ...lab,
    url,
    starter,
    call,
    makeVolume,
    show: async (id) => (await call('GET', `/volumes/${id}`)).body.volume,
  };
}
