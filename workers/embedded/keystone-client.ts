// As much of Keystone's API as setting one up needs: log in, and make what is not there yet.
// https://docs.openstack.org/api-ref/identity/v3/

export interface KeystoneLogin {
  readonly user: string;
  readonly password: string;
  /** Name of a project, or `system` for the whole of it. */
  readonly scope: { readonly project: string } | 'system';
}

const timeoutMs = 30_000;
const domain = { id: 'default' };

/** A token of that user, in the default domain. Throws with Keystone's answer, which holds no password. */
export async function logIn(url: string, login: KeystoneLogin): Promise<string> {
  return (await logInWithProject(url, login)).token;
}

/** The same with the project's id; empty for the whole system. */
export async function logInWithProject(
  url: string,
  { user, password, scope }: KeystoneLogin,
): Promise<{ token: string; projectId: string }> {
  const response = await fetch(`${url}/auth/tokens`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: { methods: ['password'], password: { user: { name: user, domain, password } } },
        scope: scope === 'system' ? { system: { all: true } } : { project: { name: scope.project, domain } },
      },
    }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const token = response.headers.get('x-subject-token');
  const text = await response.text();
  if (response.status !== 201 || token === null)
    throw new Error(`Keystone refuses the login of ${user}: ${response.status} ${text}`);
  const answer = JSON.parse(text) as { token: { project?: { id: string } } };
  return { token, projectId: answer.token.project?.id ?? '' };
}

/** The address of a service in the catalogue that comes with the token. */
export async function endpointOf(url: string, token: string, type: string): Promise<string> {
  const headers = { 'X-Auth-Token': token };
  const response = await fetch(`${url}/auth/catalog`, { headers, signal: AbortSignal.timeout(timeoutMs) });
  const { catalog } = (await response.json()) as { catalog: { type: string; endpoints: { url: string }[] }[] };
  const found = catalog.find((service) => service.type === type)?.endpoints[0]?.url;
  if (found === undefined) throw new Error(`Keystone at ${url} has no ${type} in its catalogue`);
  return found;
}

interface Kept {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** Calls as an administrator. */
export class KeystoneClient {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  async call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { 'X-Auth-Token': this.#token, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Keystone: ${method} ${path}: ${response.status} ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  }

  /** The one of this kind that has these fields; made, with `rest` too, when there is none. */
  async ensure(kind: string, fields: Readonly<Record<string, string>>, rest: object = {}): Promise<Kept> {
    const found = (await this.call('GET', `/${kind}s?${new URLSearchParams(fields).toString()}`))[`${kind}s`] as Kept[];
    if (found[0]) return found[0];
    return (await this.call('POST', `/${kind}s`, { [kind]: { ...fields, ...rest } }))[kind] as Kept;
  }

  /** A user of the default domain with these roles in a project; answers the ids. */
  async ensureMember(member: Member): Promise<{ userId: string; projectId: string }> {
    const project = await this.ensure('project', { name: member.project, domain_id: domain.id });
    const user = await this.ensure(
      'user',
      { name: member.name, domain_id: domain.id },
      { password: member.password, default_project_id: project.id },
    );
    for (const name of member.roles) {
      const role = await this.ensure('role', { name });
      await this.call('PUT', `/projects/${project.id}/users/${user.id}/roles/${role.id}`);
    }
    return { userId: user.id, projectId: project.id };
  }

  /** A service of the catalogue, at this address for everybody. */
  async ensureEndpoint(type: string, name: string, url: string): Promise<void> {
    const service = await this.ensure('service', { type }, { name });
    for (const kind of ['public', 'internal', 'admin']) {
      const endpoint = await this.ensure(
        'endpoint',
        { service_id: service.id, interface: kind },
        { url, region_id: 'RegionOne' },
      );
      if (endpoint['url'] !== url) await this.call('PATCH', `/endpoints/${endpoint.id}`, { endpoint: { url } });
    }
  }
}

export interface Member {
  readonly name: string;
  readonly password: string;
  readonly project: string;
  readonly roles: readonly string[];
}
