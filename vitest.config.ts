// One vitest project for each suite (test/<suite>), so that each can be run, counted and limited on its own.
import { defineConfig } from 'vitest/config';

interface SuiteSettings {
  readonly name: string;
  readonly testTimeoutMs: number;
  /** Files of a suite that uses the whole machine, or one server of it, run one after another. */
  readonly fileParallelism: boolean;
}

/** The same names as in workers/cli/suites.ts, in the order in which they run; one group starts when the last has ended. */
const suites: readonly SuiteSettings[] = [
  { name: 'unit', testTimeoutMs: 20_000, fileParallelism: true },
  { name: 'history', testTimeoutMs: 120_000, fileParallelism: true },
  { name: 'driver', testTimeoutMs: 120_000, fileParallelism: true },
  { name: 'lab', testTimeoutMs: 900_000, fileParallelism: false },
  { name: 'workflow', testTimeoutMs: 300_000, fileParallelism: false },
  { name: 'chaos', testTimeoutMs: 600_000, fileParallelism: false },
  { name: 'cluster', testTimeoutMs: 300_000, fileParallelism: false },
  { name: 'contract', testTimeoutMs: 300_000, fileParallelism: false },
  { name: 'e2e', testTimeoutMs: 600_000, fileParallelism: false },
];

export default defineConfig({
  test: {
    projects: suites.map(({ name, testTimeoutMs, fileParallelism }, index) => ({
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        environment: 'node',
        pool: 'forks',
        testTimeout: testTimeoutMs,
        hookTimeout: testTimeoutMs,
        teardownTimeout: 30_000,
        // A fork on each core leaves nothing to the servers that the tests start.
        maxWorkers: fileParallelism ? 2 : 1,
        sequence: { groupOrder: index },
      },
    })),
  },
});
