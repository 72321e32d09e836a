// Writes the clouds.yaml with which `openstack --os-cloud scoria …` reaches this Scoria.

import { demoProject, type KeystonePasswords } from './keystone-people.ts';

/** Ids of the project and user that the file logs in as; noauth takes any, a project's must be hexadecimal. */
export const cloudProjectId = '5c0a1a00000000000000000000000001';
export const cloudUserId = 'admin';

/** Name of the cloud in the file. */
export const cloudName = 'scoria';

/** The entries for a Keystone of ours: `scoria` is its administrator, the others share a project. */
export function keystoneCloudsYaml({ url, passwords }: { url: string; passwords: KeystonePasswords }): string {
  const people = [
    { cloud: cloudName, user: 'admin', password: passwords.admin, project: 'admin' },
    { cloud: `${cloudName}-demo`, user: 'demo', password: passwords.demo, project: demoProject },
    { cloud: `${cloudName}-reader`, user: 'reader', password: passwords.reader, project: demoProject },
  ];
  const entries = people.map(
    ({ cloud, user, password, project }) => `  ${cloud}:
    auth:
      auth_url: ${url}
      username: ${user}
      password: "${password}"
      project_name: ${project}
      user_domain_id: default
      project_domain_id: default
    region_name: RegionOne
    volume_api_version: "3.71"
`,
  );
  return `clouds:\n${entries.join('')}`;
}

/**
 * `admin_token` is the plug-in that sends a given token without asking an identity service for it; the overrides tell
 * where each service is, because there is no catalogue either. Tried with python-openstackclient 10.5 and openstacksdk
 * 4.22 (which loses `snapshot create --force` below 3.66, where it is needed): `volume …`, `server list`, `server add volume` (but not `quota show` without a project).
 */
export function cloudsYaml(apiUrl: string, glanceUrl: string | null): string {
  const volume = `${apiUrl}/v3/${cloudProjectId}`;
  return `clouds:
  ${cloudName}:
    auth_type: admin_token
    auth:
      endpoint: ${volume}
      token: "${cloudUserId}:${cloudProjectId}"
    volume_api_version: "3.71"
    block_storage_endpoint_override: ${volume}
    volume_endpoint_override: ${volume}
    compute_endpoint_override: ${apiUrl}/compute/v2.1
${glanceUrl === null ? '' : `    image_endpoint_override: ${glanceUrl}\n`}`;
}
