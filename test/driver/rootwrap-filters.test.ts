// The nine filter classes decide as oslo.rootwrap's: by a table, and the same table by a real oslo.rootwrap.
import { accessSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseFilterFile } from '../../privileged/filter-file.ts';
import { decide, Refusal, type Decision } from '../../privileged/rootwrap/decide.ts';
import { runTool } from '../../privileged/tool.ts';
import { filterCases, type FilterCase } from './support/rootwrap-cases.ts';

const execDirs = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const python = process.env['SCORIA_CINDER_PYTHON'] ?? join(homedir(), '.cache/peer/venv/cinder/bin/python');
const cinderFilters = join(python, '../../etc/cinder/rootwrap.d/volume.filters');

function isThere(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    console.warn(
      `tests with a real oslo.rootwrap skipped: ${path} is not there (SCORIA_CINDER_PYTHON names a Python with Cinder)`,
    );
    return false;
  }
}

/** What we decide: the decision, or the refusal's kind and reason. */
function ours(filters: string, words: readonly string[]): Decision | Refusal {
  try {
    return decide({ filters: parseFilterFile('x.filters', filters).filters, execDirs }, words);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

type Theirs = { refused: string } | { filter: string; words: string[]; runAs: string };

async function theirs(cases: readonly Pick<FilterCase, 'filters' | 'words'>[]): Promise<readonly Theirs[]> {
  const script = fileURLToPath(new URL('./support/oslo-rootwrap.py', import.meta.url));
  const { stdout, summary, exitCode, stderr } = await runTool(python, ['-W', 'ignore', script], {
    timeoutMs: 60_000,
    input: JSON.stringify(cases.map(({ filters, words }) => ({ filters, words, execDirs }))),
  });
  expect(exitCode, `${summary}\n${stderr}`).toBe(0);
  return JSON.parse(stdout) as Theirs[];
}

describe('a filter', () => {
  it.each(filterCases.map((row) => [row.filters.split('\n')[1], row.words.join(' '), row] as const))(
    '"%s" decides about "%s"',
    (_filter, _words, { filters, words, decision, stricter }) => {
      const result = ours(filters, words);
      if (stricter) {
        expect(result).toBeInstanceOf(Refusal);
        expect((result as Refusal).message).toMatch(stricter);
      } else if ('refused' in decision) expect(result).toMatchObject({ by: decision.refused });
      else expect(result).toMatchObject(decision);
    },
  );
});

describe.skipIf(!isThere(python))('a real oslo.rootwrap', () => {
  it('decides the same about every row, but for those that say that we are stricter', async () => {
    const answers = await theirs(filterCases);
    for (const [i, { filters, words, decision, stricter }] of filterCases.entries()) {
      const row = `${filters} ${JSON.stringify(words)}`;
      const answer = answers[i];
      if (stricter) {
        expect(answer, `${row} is let pass by oslo.rootwrap`).toHaveProperty('filter');
        continue;
      }
      expect(answer, row).toMatchObject(decision);
      const mine = ours(filters, words);
      if (mine instanceof Refusal || !answer || 'refused' in answer) continue;
      // A chained command's program is written out in full by us.
      const isChained = /Chaining|Netns/.test(filters);
      expect({ runAs: mine.runAs, words: isChained ? mine.words[0] : mine.words }, row).toEqual({
        runAs: answer.runAs,
        words: isChained ? answer.words[0] : answer.words,
      });
    }
  });
});

describe.skipIf(!isThere(cinderFilters))("Cinder's own volume.filters", () => {
  const text = (): string => readFileSync(cinderFilters, 'utf8');

  it('loads without a problem, each line a filter', () => {
    const { filters, problems } = parseFilterFile(cinderFilters, text());
    expect(problems).toEqual([]);
    expect(filters.length).toBe(
      text()
        .split('\n')
        .filter((line) => /^[\w.-]+: \w+Filter,/.test(line)).length,
    );
  });

  it('lets pass what oslo.rootwrap lets pass, by the same filter, and refuses the same', async () => {
    const lines = [
      'env LC_ALL=C vgs --noheadings',
      'env LC_ALL=C LVM_SUPPRESS_FD_WARNINGS=1 lvs',
      'env LC_ALL=C lvcreate -L 1g -n x vg',
      'lvcreate -L 1g',
      'ionice -c2 -n4 dd if=/dev/zero of=/dev/x',
      'ionice -c2 dd if=/dev/zero',
      'cgexec -g blkio:x dd if=/dev/zero',
      'find /srv -maxdepth 1 -name img-cache1 -amin +3',
      'privsep-helper --config-file /etc/cinder/cinder.conf --privsep_context os_brick.privileged.default --privsep_sock_path /tmp/x',
      'chown 0 /srv/x',
      'sh -c id',
      'iscsictl x',
    ].map((line) => line.split(' '));
    const answers = await theirs(lines.map((words) => ({ filters: text(), words })));
    for (const [i, words] of lines.entries()) {
      const mine = ours(text(), words);
      const decision = mine instanceof Refusal ? { refused: mine.by } : { filter: mine.filter };
      expect(answers[i], words.join(' ')).toMatchObject(decision);
    }
  });
});
