// Promises of the configuration: what loads, what is refused and in which words, what only warns.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadConfig, parseConfig, type LoadedConfig, type LoadOptions } from '../../workers/config/load.ts';
import { ConfigError } from '../../workers/config/problem.ts';

const minimal = `[DEFAULT]
auth_strategy = noauth
host = h
state_path = /state
my_ip = 127.0.0.1
`;

const parse = (text: string, options?: LoadOptions): LoadedConfig => parseConfig([{ name: 'x.conf', text }], options);

function problemsOf(text: string, options?: LoadOptions): readonly string[] {
  try {
    parse(text, options);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test("an operator's cinder.conf loads, and what has no effect is named once", () => {
  const { config, warnings } = loadConfig(fileURLToPath(new URL('../fixtures/cinder.conf', import.meta.url)));
  expect(config.host).toBe('storage1');
  expect(config.backends.map(({ section, driver }) => `${section} ${driver}`)).toEqual(['lf file', 'lf2 file']);
  expect(config.quotaDefaults).toMatchObject({ volumes: -1, gigabytes: -1, groups: 10 });
  expect(config.backup.options.backup_file_size).toBe(104_857_600);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/cinder.conf:\d+: \[DEFAULT\] volume_clear has no effect on back-ends, as in Cinder/);
});

test("what is left out has Cinder's default", () => {
  const { config, warnings } = parse(minimal);
  expect(warnings).toEqual([]);
  expect(config).toMatchObject({
    serviceDownTimeS: 60,
    reportIntervalMs: 10_000,
    storageAvailabilityZone: 'nova',
    defaultAvailabilityZone: 'nova',
    api: { port: 8776, maxLimit: 1000, maxRequestBodyBytes: 114_688, rpcResponseTimeoutMs: 60_000 },
    quotaDefaults: { volumes: 10, gigabytes: 1000, per_volume_gigabytes: -1 },
    backup: { options: { backup_posix_path: '/state/backup', backup_file_size: 1_999_994_880 } },
  });
});

test('every problem is named at once, with file, line, section, option, what was found and what is allowed', () => {
  const text = `${minimal}enabled_backends = a,b
osapi_volume_listen_port = 99999
quota_volumes = many
no equals sign
[a]
volume_driver = cinder.volume.drivers.glusterfs.GlusterfsDriver
volume_clear = shred
`;
  expect(problemsOf(text)).toEqual([
    'x.conf:9: "no equals sign": an option is written name = value',
    'x.conf:7: [DEFAULT] osapi_volume_listen_port: found "99999"; allowed: a whole number from 0 to 65535',
    'x.conf:8: [DEFAULT] quota_volumes: found "many"; allowed: a whole number from -1',
    expect.stringMatching(
      /^x.conf:11: \[a\] volume_driver: found "cinder.*GlusterfsDriver"; allowed: file, .*\(not available yet: .*glusterfs/,
    ),
    'x.conf:12: [a] volume_clear: found "shred"; allowed: none, zero',
    expect.stringMatching(/^x.conf: \[b\] volume_driver: is missing; allowed: file/),
  ]);
});

test('what a role cannot run without is missing only for that role', () => {
  expect(problemsOf(minimal)).toEqual([]);
  expect(problemsOf(minimal, { roles: ['backup'] })).toEqual([
    expect.stringContaining('[scoria] internal_api_secret: is missing'),
  ]);
  expect(problemsOf(minimal, { roles: ['api', 'volume'] }).join('\n')).toMatch(
    /\[database\] connection: is missing.*needed by: api[^]*\[DEFAULT\] enabled_backends: is missing.*needed by: volume/,
  );
});

const withKeystone = `[DEFAULT]
host = h
my_ip = 127.0.0.1
[database]
connection = postgresql://scoria@db/scoria
[scoria]
internal_api_secret = 0123456789abcdef
secret_key = 0123456789abcdef
`;

test('Keystone is the default, and an API that could not ask it does not start', () => {
  const problems = problemsOf(withKeystone, { roles: ['api'] });
  expect(problems.map((problem) => /\[keystone_authtoken\] ([\w ]+): is missing/.exec(problem)?.[1])).toEqual([
    'auth_url',
    'username or user_id',
    'password',
    'project_name or project_id',
  ]);
  expect(problemsOf(withKeystone, { roles: ['control'] })).toEqual([]);
});

test("[keystone_authtoken] is read by Cinder's names, and a cache in memcached is said to have no effect", () => {
  const section = `[keystone_authtoken]
www_authenticate_uri = https://identity.example/v3
auth_url = http://10.0.0.1:5000
memcached_servers = 10.0.0.1:11211
username = cinder
password = hunter2
project_name = service
user_domain_name = Default
token_cache_time = -1
service_token_roles = service,nova
cafile =
`;
  const { config, warnings } = parse(withKeystone + section, { roles: ['api'] });
  expect(config.keystone).toMatchObject({
    authUrl: 'http://10.0.0.1:5000',
    wwwAuthenticateUri: 'https://identity.example/v3',
    cacheMs: null,
    serviceTokenRoles: ['service', 'nova'],
    serviceTokenRolesRequired: true,
    tls: { caFile: null, insecure: false },
    login: {
      method: 'password',
      user: { name: 'cinder', domainId: null, domainName: 'Default' },
      project: { name: 'service', domainId: 'default' },
    },
  });
  expect(warnings).toEqual([expect.stringContaining('memcached_servers')]);
  expect(parse(minimal).config.keystone).toBeNull();
});

test('policy.yaml is looked for beside the configuration; one that was asked for has to be there', () => {
  expect(parseConfig([{ name: '/etc/x/scoria.conf', text: minimal }]).config.policy).toEqual({
    file: '/etc/x/policy.yaml',
    enforceNewDefaults: true,
  });
  expect(problemsOf(`${minimal}[oslo_policy]\npolicy_file = mine.yaml\n`)).toEqual([
    'x.conf:7: [oslo_policy] policy_file: found "mine.yaml"; allowed: a file that exists',
  ]);
});

test('a password is not repeated in a message', () => {
  const [problem] = problemsOf(`${minimal}[database]\nconnection = mysql+pymysql://cinder:hunter2@db/cinder\n`);
  expect(problem).toContain('[database] connection: found "(not shown)"; allowed: postgresql://');
  expect(problem).not.toContain('hunter2');
});

test('what a driver itself refuses is a problem like any other', () => {
  const [problem] = problemsOf(`${minimal}backup_file_size = 100000\nbackup_sha_block_size_bytes = 32768\n`);
  expect(problem).toMatch(
    /^x.conf:6: \[DEFAULT\] backup_file_size: found "100000"; allowed: .*multiple of backup_sha_block_size_bytes/,
  );
});

test("a back-end takes what it does not set from backend_defaults, and Cinder's class paths mean our drivers", () => {
  const { config } = parse(`${minimal}enabled_backends = a, b
backup_driver = cinder.backup.drivers.posix.PosixBackupDriver
[backend_defaults]
volume_driver = file
volume_clear = none
max_over_subscription_ratio = 1.5
[a]
volume_backend_name = fast
[b]
volume_clear = zero
file_volumes_dir = /srv/$volume_backend_name
`);
  expect(config.backup.driver).toBe('posix');
  const [a, b] = config.backends;
  expect(a).toMatchObject({ backendName: 'fast', options: { volume_clear: 'none', max_over_subscription_ratio: 1.5 } });
  expect(a?.options).toMatchObject({ file_volumes_dir: '/state/file-volumes/fast' });
  expect(b).toMatchObject({ backendName: 'b', options: { volume_clear: 'zero', file_volumes_dir: '/srv/b' } });
});

test('a later file wins over an earlier one', () => {
  const { config } = parseConfig([
    { name: 'a', text: `${minimal}osapi_max_limit = 5\n` },
    { name: 'b', text: '[DEFAULT]\nosapi_max_limit = 7\n' },
  ]);
  expect(config.api.maxLimit).toBe(7);
});

test("a misspelt option is told apart from one of Cinder's that Scoria does not have", () => {
  const { warnings } = parse(`${minimal}quota_volume = 3
transport_url = rabbit://
[temporla]
address = a:1
[spare]
volume_driver = file
`);
  expect(warnings).toEqual([
    'x.conf:6: [DEFAULT] quota_volume is no known option; it has no effect. Did you mean quota_volumes?',
    "x.conf:7: [DEFAULT] transport_url is an option of Cinder's that Scoria does not have; it has no effect",
    '[temporla] is no known section; it has no effect. Did you mean [temporal]?',
    '[spare] is not in enabled_backends; it has no effect',
  ]);
});

test('an NFS back-end and its backups load as Cinder names them, and a share that is none is named', () => {
  const text = (share: string): string => `${minimal}enabled_backends = nfs
backup_driver = cinder.backup.drivers.nfs.NFSBackupDriver
backup_share = ${share}
[nfs]
volume_driver = cinder.volume.drivers.nfs.NfsDriver
nas_host = 10.0.0.9
nas_share_path = /srv/volumes
nfs_mount_options =
nfs_snapshot_support = True
`;
  const { config, warnings } = parse(text('nas.example:/srv/backups'));
  expect(warnings).toEqual([]);
  expect(config.backends[0]?.options).toMatchObject({
    ...{ nas_host: '10.0.0.9', nfs_mount_point_base: '/state/mnt', nfs_snapshot_support: true },
    ...{ nfs_shares_config: '/etc/cinder/nfs_shares', nfs_mount_attempts: 3, nfs_qcow2_volumes: false },
  });
  expect(config.backup).toMatchObject({
    driver: 'nfs',
    options: { backup_mount_point_base: '/state/backup_mount', backup_share: 'nas.example:/srv/backups' },
  });
  expect(problemsOf(text('nowhere'))).toEqual([
    expect.stringMatching(/^x\.conf:8: \[DEFAULT\] backup_share: found "nowhere"; allowed: must be an NFS share/),
  ]);
});
