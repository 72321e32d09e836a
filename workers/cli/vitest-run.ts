// Runs vitest on some suites and counts what it reports.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTool } from '../../privileged/tool.ts';

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The part of vitest's JSON report that is read here. */
interface JsonReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { status: string }[];
  }[];
}

/** Below the 90 minutes that continuous integration gives all of it, so that what hangs is named. */
const limitMs = 5_100_000;

/** One run of vitest over the named projects; a file that cannot be loaded, and a crash of vitest, count as a failure. */
export async function runVitest(projects: readonly string[]): Promise<TestCounts> {
  const directory = await mkdtemp(join(tmpdir(), 'scoria-test-'));
  try {
    const outputFile = join(directory, 'report.json');
    const vitest = join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs');
    const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${outputFile}`];
    const selection = projects.map((name) => `--project=${name}`);
    const { exitCode } = await runTool(process.execPath, [vitest, ...args, ...selection], {
      cwd: projectRoot,
      timeoutMs: limitMs,
      visible: true,
    });
    const text = await readFile(outputFile, 'utf8').catch(() => null);
    return countsOf(text === null ? null : (JSON.parse(text) as JsonReport), exitCode);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function countsOf(report: JsonReport | null, exitCode: number | null): TestCounts {
  if (report === null) return { passed: 0, failed: 1, skipped: 0 };
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((one) => one.status === 'failed'),
  );
  const failed = report.numFailedTests + brokenFiles.length;
  return {
    passed: report.numPassedTests,
    // An error outside of every test (an unhandled rejection) shows only in the exit code.
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}
