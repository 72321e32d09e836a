// `scoria check`: everything that a change must pass and that takes less than two minutes.
import { join } from 'node:path';
import { runTool } from '../../privileged/tool.ts';
import { projectRoot, runVitest } from './vitest-run.ts';

interface Step {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Arguments that mend what they find; null where that cannot be done. */
  readonly fixArgs: readonly string[] | null;
}

const steps: readonly Step[] = [
  { name: 'format', program: 'oxfmt', args: ['--check', '.'], fixArgs: ['.'] },
  { name: 'types', program: 'tsc', args: ['--noEmit', '-p', 'tsconfig.json'], fixArgs: null },
  {
    name: 'lint',
    program: 'oxlint',
    args: ['--type-aware', '--deny-warnings', '.'],
    fixArgs: ['--type-aware', '--deny-warnings', '--fix', '.'],
  },
  { name: 'dead code', program: 'knip', args: ['--no-progress'], fixArgs: null },
];

const limitMs = 300_000;

/** Runs every step, also after one has failed; answers the exit code. */
export async function check({ fix }: { readonly fix: boolean }): Promise<number> {
  const failures: string[] = [];
  for (const step of steps) {
    const startedAt = Date.now();
    const program = join(projectRoot, 'node_modules', '.bin', step.program);
    const args = fix && step.fixArgs ? step.fixArgs : step.args;
    const { exitCode, stdout, stderr } = await runTool(program, args, { cwd: projectRoot, timeoutMs: limitMs });
    if (exitCode !== 0) {
      failures.push(step.name);
      console.log(`${stdout}${stderr}`.trimEnd());
    }
    console.log(
      `${exitCode === 0 ? 'ok  ' : 'FAIL'}  ${step.name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`,
    );
  }
  const { passed, failed, skipped } = await runVitest(['unit']);
  if (failed > 0) failures.push('tests');
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  console.log(failures.length === 0 ? 'check: good' : `check: failed: ${failures.join(', ')}`);
  return failures.length === 0 ? 0 : 1;
}
