// Installs Debian packages without starting their services.
import { access, rm, writeFile } from 'node:fs/promises';
import { mustRunTool, runTool } from '../../privileged/tool.ts';
import { findProgram } from './programs.ts';

const limit = { timeoutMs: 900_000 };

/** True when this process may install Debian packages. */
export async function canAptInstall(): Promise<boolean> {
  return process.getuid?.() === 0 && (await findProgram('apt-get')) !== null;
}

/** Those of `packages` that dpkg does not have; all of them where there is no dpkg. */
export async function missingPackages(packages: readonly string[]): Promise<readonly string[]> {
  const query = ['--show', '--showformat=${db:Status-Abbrev} ${Package}\n', ...packages];
  const { stdout } = await runTool('dpkg-query', query, { timeoutMs: 30_000 });
  const installed = new Set(
    stdout
      .split('\n')
      .filter((line) => line.startsWith('ii'))
      .map((line) => line.slice(2).trim()),
  );
  return packages.filter((name) => !installed.has(name));
}

/** Installs what is missing; throws when this process may not, naming the command to type, or when apt-get fails. */
export async function aptInstall(
  packages: readonly string[],
  { say }: { say?: (line: string) => void } = {},
): Promise<void> {
  const missing = await missingPackages(packages);
  if (missing.length === 0) return;
  const command = `apt-get install ${missing.join(' ')}`;
  if (!(await canAptInstall())) throw new Error(`packages are missing: ${command} (as root)`);
  say?.(command);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const args = ['install', '--yes', '--no-install-recommends', ...missing];
  await withServicesOff(async () => {
    if ((await runTool('apt-get', args, { ...limit, env })).exitCode === 0) return;
    // A fresh machine may have no package lists, or old ones.
    await mustRunTool('apt-get', ['update'], { ...limit, env });
    await mustRunTool('apt-get', args, { ...limit, env });
  });
}

const policyFile = '/usr/sbin/policy-rc.d';

/**
 * invoke-rc.d asks policy-rc.d before it starts a service: 101 = do not. Scoria starts what it needs itself, and a
 * tgtd or libvirtd of the system's would be in its way.
 */
async function withServicesOff(install: () => Promise<void>): Promise<void> {
  const policyExists = await access(policyFile).then(
    () => true,
    () => false,
  );
  if (policyExists) return install();
  await writeFile(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' });
  try {
    await install();
  } finally {
    await rm(policyFile, { force: true });
  }
}
