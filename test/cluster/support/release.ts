// Another release of Scoria in a directory of its own: a copy of this one with changes, or an older commit.
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRunTool, runTool } from '../../../privileged/tool.ts';
import { projectRoot } from '../compose/compose-file.ts';

/** What runs; tests, docs and tools stay behind. */
const parts = ['activities', 'api', 'domain', 'drivers', 'prisma', 'privileged', 'workers', 'workflows'];
const files = ['package.json', 'package-lock.json', 'prisma.config.ts', 'tsconfig.json', 'scoria'];

/** Copies this release to `directory` under another version number. Packages are shared. */
export async function copyRelease(directory: string, version: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const name of [...parts, ...files])
    await cp(join(projectRoot, name), join(directory, name), { recursive: true });
  await symlink(join(projectRoot, 'node_modules'), join(directory, 'node_modules'));
  const manifest = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as Record<string, unknown>;
  await writeFile(join(directory, 'package.json'), JSON.stringify({ ...manifest, version }));
}

/**
 * Puts a step before every workflow of the release in `directory`: `step` is the body of a function that may use
 * `patched` and `sleep`.
 */
export async function addFirstStep(directory: string, step: string): Promise<void> {
  const index = join(directory, 'workflows', 'index.ts');
  const text = await readFile(index, 'utf8');
  const names = [...text.matchAll(/export \{ (\w+) \}/g)].map(([, name]) => name);
  if (names.length < 10) throw new Error(`only ${names.length} workflows found in ${index}`);
  await writeFile(join(directory, 'workflows', 'before.ts'), text);
  const wrapped = names.map((name) => `export const ${name} = (args) => first().then(() => before.${name}(args));`);
  await writeFile(
    index,
    `// Every workflow of the release, with one more step.
import { patched, sleep } from '@temporalio/workflow';
import * as before from './before.ts';

async function first() {
  ${step}
}
void patched; void sleep;

${wrapped.join('\n')}
`,
  );
}

const limit = { cwd: projectRoot, timeoutMs: 120_000 };

export interface OlderRelease {
  readonly commit: string;
  /** The migration that it does not know. */
  readonly migration: string;
}

/** The commit before the newest migration; or why it cannot be had or run here. */
export async function releaseBeforeNewestMigration(): Promise<OlderRelease | { readonly reason: string }> {
  const migrations = await readdir(join(projectRoot, 'prisma/migrations'), { withFileTypes: true });
  const migration =
    migrations
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .toSorted()
      .at(-1) ?? '';
  const path = `prisma/migrations/${migration}/migration.sql`;
  const added = await runTool('git', ['log', '--diff-filter=A', '--format=%H', '-1', '--', path], limit);
  const commit = `${added.stdout.trim()}^`;
  const { exitCode, stdout } = await runTool('git', ['show', `${commit}:package.json`], limit);
  if (exitCode !== 0) return { reason: `the checkout's history does not hold the commit before ${migration}` };
  const [theirs, ours] = [stdout, await readFile(join(projectRoot, 'package.json'), 'utf8')].map(
    (text) => (JSON.parse(text) as { dependencies: Record<string, string> }).dependencies,
  );
  const changed = Object.entries(theirs ?? {}).filter(([name, version]) => ours?.[name] !== version);
  if (changed.length > 0) return { reason: `its packages are others: ${changed.map(([name]) => name).join(', ')}` };
  return { commit, migration };
}

/** Takes a commit's own code out of the history, and generates its database client from its own schema. */
export async function checkOutRelease(directory: string, { commit }: OlderRelease): Promise<void> {
  await mkdir(directory, { recursive: true });
  const archive = `${directory}.tar`;
  await mustRunTool('git', ['archive', '--output', archive, commit, ...parts, ...files], limit);
  await mustRunTool('tar', ['-xf', archive, '-C', directory], limit);
  await symlink(join(projectRoot, 'node_modules'), join(directory, 'node_modules'));
  const env = { PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true', CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' };
  const prisma = join(projectRoot, 'node_modules/.bin/prisma');
  await mustRunTool(prisma, ['generate'], { ...limit, cwd: directory, env });
}
