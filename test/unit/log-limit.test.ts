// What a launcher's logs may grow to.
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rotate } from '../../workers/embedded/log-limit.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'scoria-log-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('a log over the limit goes on from nothing, its old part beside it', async () => {
  const file = join(directory, 'worker.log');
  await writeFile(file, 'old lines\n');
  await rotate(file, 100);
  expect(await readFile(file, 'utf8')).toBe('old lines\n');
  await rotate(file, 5);
  await appendFile(file, 'new lines\n');
  expect(await readFile(file, 'utf8')).toBe('new lines\n');
  expect(await readFile(`${file}.1`, 'utf8')).toBe('old lines\n');
  await rotate(join(directory, 'not there'), 5);
});
