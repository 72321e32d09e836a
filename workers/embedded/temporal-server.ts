// Finds the production Temporal server and its schema tool, or builds them once into the cache with Go.
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRunTool, runTool } from '../../privileged/tool.ts';
import { cacheDirectory, programDirectories } from '../config/environment.ts';
import { findProgram as findIn } from '../../privileged/find-program.ts';
import { aptInstall } from './apt.ts';
import { isExecutable } from './programs.ts';

/** The release that is built: docker-compose.yml runs the same one. */
export const temporalServerVersion = '1.32.0';

const moduleName = 'go.temporal.io/server';
/** Its entry in Go's checksum database: https://sum.golang.org/lookup/go.temporal.io/server@v1.32.0 */
const moduleSum = 'h1:JQoqsVREaGc8vcuDNfuRlySiV3tVi81XUOVC9LeL/1Y=';
const buildTimeoutMs = 1_500_000;
/** Older ones cannot fetch the toolchain that a module asks for (https://go.dev/doc/toolchain). */
const oldestGo = { major: 1, minor: 21 } as const;

/** Whatever a machine's own Go settings say: every module is compared with the public checksum database. */
const strictGo = {
  GOFLAGS: '',
  GOSUMDB: 'sum.golang.org',
  GONOSUMDB: '',
  GONOSUMCHECK: '',
  GOPRIVATE: '',
  GOINSECURE: '',
  GOWORK: 'off',
  CGO_ENABLED: '0',
} as const;

/** Absolute paths of the programs. */
export interface TemporalServerPrograms {
  readonly server: string;
  readonly sqlTool: string;
}

const cachedIn = (cacheDir: string): string => join(cacheDir, 'temporal-server', temporalServerVersion);
const programsIn = (directory: string): TemporalServerPrograms => ({
  server: join(directory, 'server'),
  sqlTool: join(directory, 'sql'),
});

/** The programs if they have been built; null when they have not. */
export async function locateTemporalServer(cacheDir = cacheDirectory()): Promise<TemporalServerPrograms | null> {
  const programs = programsIn(cachedIn(cacheDir));
  return (await isExecutable(programs.server)) && (await isExecutable(programs.sqlTool)) ? programs : null;
}

/** Builds them if they are not there: minutes of processor time, once. Throws saying what the machine lacks. */
export async function ensureTemporalServer(
  options: { readonly cacheDir?: string; readonly say?: (line: string) => void } = {},
): Promise<TemporalServerPrograms> {
  const { cacheDir = cacheDirectory(), say } = options;
  const found = await locateTemporalServer(cacheDir);
  if (found !== null) return found;
  const go = await usableGo(say);
  const target = cachedIn(cacheDir);
  const workDir = `${target}.building-${randomUUID()}`;
  await mkdir(workDir, { recursive: true });
  try {
    await mustBePinned(go, workDir);
    say?.(`building the Temporal server ${temporalServerVersion} with Go, once (some minutes)`);
    const packages = ['cmd/server', 'cmd/tools/sql'].map((path) => `${moduleName}/${path}@v${temporalServerVersion}`);
    await mustRunTool(go, ['install', '-trimpath', '-ldflags=-s -w', ...packages], {
      cwd: workDir,
      env: { ...strictGo, GOBIN: workDir },
      timeoutMs: buildTimeoutMs,
    });
    // Another process may have built them meanwhile; what is there is the same.
    await rm(target, { recursive: true, force: true });
    await rename(workDir, target);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
  return programsIn(target);
}

/** Go on PATH or in its own installer's place; otherwise Debian's, where this process may install it. */
async function usableGo(say?: (line: string) => void): Promise<string> {
  const directories = [...programDirectories(), '/usr/local/go/bin'];
  const found = await findIn('go', directories);
  if (found === null) await aptInstall(['golang-go'], { ...(say ? { say } : {}) });
  const go = found ?? (await findIn('go', directories));
  if (go === null) throw new Error('Go is missing (https://go.dev/dl, or Debian: apt-get install golang-go)');
  const { stdout } = await runTool(go, ['env', 'GOVERSION'], { timeoutMs: 60_000 });
  const [, major = 0, minor = 0] = (/^go(\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
  if (major < oldestGo.major || (major === oldestGo.major && minor < oldestGo.minor))
    throw new Error(`${go} is ${stdout.trim()}: Go ${oldestGo.major}.${oldestGo.minor} or newer is needed`);
  return go;
}

async function mustBePinned(go: string, cwd: string): Promise<void> {
  const { stdout } = await mustRunTool(go, ['mod', 'download', '-json', `${moduleName}@v${temporalServerVersion}`], {
    cwd,
    env: strictGo,
    timeoutMs: buildTimeoutMs,
  });
  const { Sum } = JSON.parse(stdout) as { readonly Sum?: string };
  if (Sum !== moduleSum) throw new Error(`${moduleName}@v${temporalServerVersion} is ${Sum}, expected ${moduleSum}`);
}
