// Makes one plain JavaScript file of a program, because starting TypeScript inside the VM takes twenty seconds.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

export const projectRoot = fileURLToPath(new URL('../../..', import.meta.url));
const require = createRequire(import.meta.url);

/** Packages with native parts, or that look for their own files: loaded from where they are, the VM sees them too. */
const leftOutside = ['fs-native-extensions', 'koffi', '@temporalio/core-bridge'];

/** Only control workers bundle workflows; a host's worker carries nothing for that. */
const notNeeded = /^(webpack|@swc\/core|swc-loader|memfs|unionfs|source-map-loader)$/;

/** The backup engine's threads would run from source; for the VM their program is bundled too, beside its own. */
const threadSource = join(projectRoot, 'drivers/backup/hashing/thread.ts');
const threadProgram = 'drivers/backup/hashing/worker.ts';

const labPlugin = (outfile: string): Plugin => ({
  name: 'lab',
  setup(builder) {
    // The project's own files find others beside themselves, and those are at the same place in the VM.
    builder.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const isOurs = path.startsWith(projectRoot) && !path.includes(`${sep}node_modules${sep}`);
      const contents = isOurs ? text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)) : text;
      if (path !== threadSource) return { contents, loader: 'ts' };
      const program = `${outfile}.thread.mjs`;
      await bundle(threadProgram, program);
      const named = contents.replaceAll("'./worker-from-source.js'", JSON.stringify(pathToFileURL(program).href));
      return { contents: named, loader: 'ts' };
    });
    // The SDK finds one of its files by its place.
    builder.onLoad({ filter: /@temporalio\/worker\/lib\/workflow\/bundler\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const found = createRequire(path);
      return {
        contents: text.replaceAll(/require\.resolve\('(\.[^']+)'\)/g, (_call, name: string) =>
          JSON.stringify(found.resolve(name)),
        ),
        loader: 'js',
      };
    });
    builder.onResolve({ filter: notNeeded }, ({ path }) => ({ path, namespace: 'left-out' }));
    builder.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {};' }));
    builder.onResolve({ filter: new RegExp(`^(${leftOutside.join('|')})$`) }, ({ path }) => ({
      path: require.resolve(path),
      external: true,
    }));
  },
});

/** Bundles `entry` (relative to the project) into `outfile`. Takes 0.1–1 s. */
export async function bundle(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [join(projectRoot, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    plugins: [labPlugin(outfile)],
    banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
  });
}
