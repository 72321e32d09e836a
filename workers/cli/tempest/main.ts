// `scoria test --tempest`: OpenStack's own tests of the volume API against everything started with Keystone, by night.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRunTool, runTool } from '../../../privileged/tool.ts';
import type { EmbeddedGlance } from '../../embedded/glance.ts';
import { KeystoneClient } from '../../embedded/keystone-client.ts';
import { launch } from '../../embedded/launcher.ts';
import { keystonePasswordsIn, openStateDirectory } from '../../embedded/state-directory.ts';
import { ensureVirtualenv, type VirtualenvPlan } from '../../embedded/virtualenv.ts';
import { projectRoot } from '../vitest-run.ts';
import { stopOnSignals } from '../signals.ts';
import { startImages } from './images.ts';
import { startNetworkStub } from './network-stub.ts';
import { readReport } from './report.ts';
import { scoriaConfig, tempestConfig } from './settings.ts';

/** The release whose results on a real Cinder are in test/fixtures/tempest. */
const plan: VirtualenvPlan = {
  kind: 'tempest',
  what: 'Tempest',
  packages: ['tempest==47.0.0'],
  programs: ['tempest', 'stestr', 'python'],
};

const everything = '^tempest\\.api\\.volume';
const limitMs = 4 * 3_600_000;
const say = (line: string): void => console.log(line);

/** Runs the tests whose names match; answers 0 when all pass that pass on a real Cinder. */
export async function tempest(pattern = everything): Promise<number> {
  const signals = stopOnSignals({ onFirst: () => say('stopping'), onSecond: () => process.exit(130) });
  const bin = await ensureVirtualenv(plan, { say, signal: signals.signal });
  const directory = await mkdtemp(join(tmpdir(), 'scoria-tempest-'));
  const stateDir = join(directory, 'state');
  const configFile = join(directory, 'scoria.conf');
  await writeFile(configFile, scoriaConfig);
  const anyPorts = { apiPort: 0, temporalPort: 0, temporalUiPort: 0, postgresPort: 0, keystonePort: 0 };
  const network = await startNetworkStub();
  const options = { stateDir, configFile, ...anyPorts, withKeystone: true, say, signal: signals.signal };
  const launched = await launch(options);
  let images: EmbeddedGlance | undefined;
  try {
    const keystoneUrl = launched.facts.keystoneUrl ?? '';
    const { token } = launched.facts;
    const keystone = new KeystoneClient(keystoneUrl, token);
    await keystone.ensureEndpoint('network', 'neutron', network.url);
    const passwords = await keystonePasswordsIn(await openStateDirectory(stateDir));
    images = await startImages({ directory, keystoneUrl, keystone, token, passwords, say, signal: signals.signal });
    const place = { directory, keystoneUrl, adminPassword: passwords.admin };
    return await tell(await run(bin, place, pattern, signals.signal), pattern === everything);
  } finally {
    await images?.stop();
    await launched.stop();
    await network.stop();
    signals.dispose();
    await rm(directory, { recursive: true, force: true });
  }
}

async function run(
  bin: string,
  place: { directory: string; keystoneUrl: string; adminPassword: string },
  pattern: string,
  signal: AbortSignal,
): Promise<string> {
  const { directory: cwd } = place;
  await mkdir(join(cwd, 'lock'));
  const library = (await mustRunTool(join(bin, 'python'), ['-c', printLibrary], { timeoutMs: 60_000 })).stdout.trim();
  await writeFile(join(cwd, 'tempest.conf'), tempestConfig(place), { mode: 0o600 });
  await writeFile(
    join(cwd, '.stestr.conf'),
    `[DEFAULT]\ntest_path=${library}/test_discover\ntop_dir=${library}\ngroup_regex=([^\\.]*\\.)*\n`,
  );
  await mustRunTool(join(bin, 'stestr'), ['init'], { cwd, timeoutMs: 60_000 });
  const args = ['run', '--config-file', 'tempest.conf', '--regex', pattern];
  const limits = { cwd, timeoutMs: limitMs, visible: true, signal };
  return (await runTool(join(bin, 'tempest'), [...args, '--concurrency', '2'], limits)).stdout;
}

const printLibrary = 'import os, tempest; print(os.path.dirname(tempest.__file__))';

const readKnown = (): Promise<string> =>
  readFile(join(projectRoot, 'test', 'fixtures', 'tempest', 'passes-on-cinder.txt'), 'utf8');

/** Of a part, only what was run can be missed. */
async function tell(output: string, whole: boolean): Promise<number> {
  const { passed, failed, skipped, failures, missed, lost: all } = readReport(output, await readKnown());
  const lost = whole ? all : missed;
  for (const name of failures) say(`failed: ${name}`);
  for (const name of lost) say(`passes on Cinder, not here: ${name}`);
  say(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return lost.length === 0 && (whole || failed === 0) && passed > 0 ? 0 : 1;
}
