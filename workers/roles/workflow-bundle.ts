// The workflows' code as one bundle, made once per content of the sources and kept in a cache directory.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * Answers the path of the bundle for the sources as they are; bundling takes seconds, so a known one is used again.
 * Written under a temporary name and renamed: two workers may do it at once.
 */
export async function workflowBundle(cacheDir: string): Promise<{ codePath: string }> {
  const codePath = join(cacheDir, `workflows-${await sourcesDigest()}.js`);
  if (await isThere(codePath)) return { codePath };
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'workflows', 'index.ts'),
    logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {}, log() {} },
  });
  await mkdir(cacheDir, { recursive: true });
  const temporary = `${codePath}.${process.pid}`;
  await writeFile(temporary, code);
  await rename(temporary, codePath);
  return { codePath };
}

/** The release: the package's version, and a digest that tells two builds of it apart by their workflows. */
export async function releaseBuildId(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { readonly version: string };
  return `${version}-${await sourcesDigest()}`;
}

/** Digest of everything that may end up in the bundle: workflows, domain and the locked versions. */
async function sourcesDigest(): Promise<string> {
  const digest = createHash('sha256');
  const files = [...(await sourcesIn('workflows')), ...(await sourcesIn('domain')), 'package-lock.json'];
  for (const file of files) digest.update(file).update(await readFile(join(root, file)));
  return digest.digest('hex').slice(0, 16);
}

async function sourcesIn(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

async function isThere(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  );
}
