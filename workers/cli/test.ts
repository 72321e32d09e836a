// `scoria test [SUITE…]`: installs what the suites need, runs them and ends with one line of counts.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureClients } from '../embedded/clients.ts';
import {
  installCephPrograms,
  installDeploymentPrograms,
  installLabPrograms,
  installStoragePrograms,
} from '../embedded/storage-programs.ts';
import { findTemporalCli } from '../embedded/temporal-cli.ts';
import { ensureTemporalServer } from '../embedded/temporal-server.ts';
import { suites, type Suite } from './suites.ts';
import { projectRoot, runVitest, type TestCounts } from './vitest-run.ts';

/** Answers the exit code: 0 when nothing failed and something ran. */
export async function test(names: readonly string[], { install }: { readonly install: boolean }): Promise<number> {
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    console.error(`no such suite: ${unknown.join(', ')}. There are:\n${describeSuites()}`);
    return 2;
  }
  const wanted = suites.filter(({ name, onlyWhenNamed }) =>
    names.length === 0 ? !onlyWhenNamed : names.includes(name),
  );
  const present = await withTests(wanted);
  if (install) await installNeeds(present);
  const runs = [present.filter(({ beside }) => !beside), present.filter(({ beside }) => beside === true)];
  const counts = await Promise.all(
    runs.filter((run) => run.length > 0).map((run) => runVitest(run.map(({ name }) => name))),
  );
  const sum = (kind: keyof TestCounts): number => counts.reduce((total, count) => total + count[kind], 0);
  const [passed, failed, skipped] = [sum('passed'), sum('failed'), sum('skipped')];
  if (names.length === 0)
    for (const { name } of suites.filter(({ onlyWhenNamed }) => onlyWhenNamed))
      console.log(`not among all suites, because of its length: ./scoria test ${name}`);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

const describeSuites = (): string => suites.map(({ name, what }) => `  ${name.padEnd(10)}${what}`).join('\n');

/** Suites whose folder has tests; a folder without any would make vitest fail. */
async function withTests(wanted: readonly Suite[]): Promise<readonly Suite[]> {
  const found = await Promise.all(
    wanted.map(async (suite) => {
      const files = await readdir(join(projectRoot, 'test', suite.name), { recursive: true }).catch(() => []);
      return files.some((file) => file.endsWith('.test.ts')) ? [suite] : [];
    }),
  );
  return found.flat();
}

/** What cannot be installed is said; the tests that need it then say themselves why they are skipped. */
async function installNeeds(wanted: readonly Suite[]): Promise<void> {
  const say = (line: string): void => console.error(line);
  const needs = new Set(wanted.flatMap((suite) => suite.needs));
  if (wanted.some(({ name }) => name !== 'unit')) await findTemporalCli({ say });
  if (needs.has('storage')) await installStoragePrograms(say);
  if (needs.has('ceph')) await installCephPrograms(say);
  if (needs.has('lab')) await installLabPrograms(say);
  if (needs.has('temporal-server')) {
    await installDeploymentPrograms(say);
    await ensureTemporalServer({ say }).catch((error: Error) => say(`not installed: ${error.message}`));
  }
  if (needs.has('clients'))
    await ensureClients({ say }).catch((error: Error) => say(`not installed: ${error.message}`));
}
