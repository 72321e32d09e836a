// Exits 0 when node_modules is what package-lock.json says; plain JavaScript, because it runs before anything is installed.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** @returns {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }>} */
const packagesOf = (path) => {
  const { '': _root, ...packages } = JSON.parse(readFileSync(join(root, path), 'utf8')).packages;
  return packages;
};

try {
  const wanted = packagesOf('package-lock.json');
  // npm's own record of what it has installed.
  const installed = packagesOf('node_modules/.package-lock.json');
  const missing = Object.entries(wanted).filter(([path, { version, optional, devOptional }]) =>
    installed[path] ? installed[path].version !== version : !optional && !devOptional,
  );
  const surplus = Object.keys(installed).filter((path) => !wanted[path]);
  process.exit(missing.length + surplus.length === 0 ? 0 : 1);
} catch {
  process.exit(1);
}
