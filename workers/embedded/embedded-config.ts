// The part of the configuration that the launcher writes: addresses and secrets of what it starts itself.
import type { Source } from '../config/source.ts';
import { serviceUser } from './keystone-people.ts';
import type { Secrets } from './state-directory.ts';

export interface EmbeddedFacts {
  readonly statePath: string;
  readonly apiPort: number;
  readonly databaseUrl: string | null;
  readonly temporalAddress: string | null;
  readonly temporalUiUrl: string | null;
  /** null where there is no tgtd of ours. */
  readonly tgt: { readonly controlPort: number; readonly portalPort: number } | null;
  readonly libvirtUri: string | null;
  readonly secrets: Secrets;
  /** null where no Keystone of ours is started. */
  readonly keystone: { readonly url: string; readonly password: string } | null;
  /** null where no Glance of ours is started. */
  readonly glanceUrl: string | null;
}

/** Rows that win over the operator's own file, and rows that only fill its gaps. */
interface Row {
  readonly section: string;
  readonly option: string;
  readonly value: string | number | null;
  readonly always?: boolean;
}

/** INI text to be read after the operator's file; what that sets is left to it unless it cannot be so. */
export function embeddedConfig(facts: EmbeddedFacts, operators: Source): string {
  const rows: readonly Row[] = [
    { section: 'DEFAULT', option: 'state_path', value: facts.statePath },
    { section: 'DEFAULT', option: 'osapi_volume_listen', value: '127.0.0.1' },
    { section: 'DEFAULT', option: 'osapi_volume_listen_port', value: facts.apiPort, always: true },
    ...keystoneRows(facts.keystone),
    { section: 'DEFAULT', option: 'glance_api_servers', value: facts.glanceUrl, always: true },
    { section: 'database', option: 'connection', value: facts.databaseUrl },
    { section: 'temporal', option: 'address', value: facts.temporalAddress, always: true },
    { section: 'temporal', option: 'ui_url', value: facts.temporalUiUrl },
    { section: 'compute', option: 'libvirt_uri', value: facts.libvirtUri },
    { section: 'backend_defaults', option: 'target_port', value: facts.tgt?.portalPort ?? null },
    { section: 'backend_defaults', option: 'tgt_control_port', value: facts.tgt?.controlPort ?? null },
    { section: 'scoria', option: 'internal_api_url', value: `http://127.0.0.1:${facts.apiPort}` },
    { section: 'scoria', option: 'internal_api_secret', value: facts.secrets.internalApiSecret },
    { section: 'scoria', option: 'secret_key', value: facts.secrets.secretKey },
  ];
  const written = rows.filter(
    ({ section, option, value, always }) => value !== null && (always || operators.get(section, option) === undefined),
  );
  const sections = [...new Set(written.map(({ section }) => section))];
  const text = sections.map((section) => {
    const lines = written
      .filter((row) => row.section === section)
      .map(({ option, value }) => `${option} = ${escape(value)}`);
    return `[${section}]\n${lines.join('\n')}\n`;
  });
  return `# Written by the launcher at each start; change scoria.conf instead.\n${text.join('\n')}`;
}

/** The launcher was told to use its own, whatever the file says. */
function keystoneRows(keystone: EmbeddedFacts['keystone']): readonly Row[] {
  if (keystone === null) return [];
  const section = 'keystone_authtoken';
  const rows = {
    auth_url: keystone.url,
    www_authenticate_uri: keystone.url,
    auth_type: 'password',
    username: serviceUser.name,
    password: keystone.password,
    project_name: serviceUser.project,
    user_domain_id: 'default',
    project_domain_id: 'default',
    service_type: 'block-storage',
  };
  return [
    { section: 'DEFAULT', option: 'auth_strategy', value: 'keystone', always: true },
    ...Object.entries(rows).map(([option, value]) => ({ section, option, value, always: true })),
  ];
}

/** A dollar sign would be taken for a reference to another option. */
const escape = (value: string | number | null): string => String(value).replaceAll('$', '$$$$');
