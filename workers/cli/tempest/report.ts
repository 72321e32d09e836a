// Reads what `tempest run` printed, beside what a real Cinder passes.

export interface TempestReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Names of tests, and of classes whose set-up failed. */
  readonly failures: readonly string[];
  /** What a real Cinder passes and this run did not. */
  readonly lost: readonly string[];
  /** Of these, what it began. */
  readonly missed: readonly string[];
}

const verdicts: Readonly<Record<string, 'passed' | 'failed' | 'skipped'>> = {
  ok: 'passed',
  FAILED: 'failed',
  SKIPPED: 'skipped',
};

/** `known`: the list of what passes on Cinder; what stands behind a name says what it needs. */
export function readReport(output: string, known: string): TempestReport {
  const said = new Map<string, 'passed' | 'failed' | 'skipped'>();
  for (const line of output.split('\n')) {
    const [, name, word] =
      /^\{\d+\} (?:setUpClass|tearDownClass) \((\S+?)\).* \.\.\. (\w+)/.exec(line) ??
      /^\{\d+\} (\S+?)(?:\[\S+\])? (?:\[[\d.]+s\] )?\.\.\. (\w+)/.exec(line) ??
      [];
    const verdict = verdicts[word ?? ''];
    if (name !== undefined && verdict !== undefined) said.set(name, verdict);
  }
  const expected = known
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t')[0] ?? '');
  const count = (wanted: string): number => [...said.values()].filter((verdict) => verdict === wanted).length;
  const failures = [...said].flatMap(([name, verdict]) => (verdict === 'failed' ? [name] : [])).sort();
  const lost = expected.filter((name) => said.get(name) !== 'passed').sort();
  return {
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    failures,
    lost,
    missed: lost.filter((name) => said.has(name)),
  };
}
