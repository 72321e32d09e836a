// The house's rules, as a test: how every file begins and how long it is, and that docs/ name what is really there.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { operationTable } from '../../domain/operations.ts';
import { pauseTable } from '../../domain/pauses.ts';
import { skipTable } from '../../domain/skips.ts';
import { runTool } from '../../privileged/tool.ts';
import { suites } from '../../workers/cli/suites.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const maxLines = 300;

/** Longer than `maxLines`, each for a reason; few. */
const longFiles: Readonly<Record<string, string>> = {};

/** Files whose comments begin with `#`, and Prisma's. */
const scriptLike = /(^|\/)(scoria|Dockerfile|run)$|\.(sh|py|conf|example|filters|ya?ml|prisma)$/;

/** A file of the project that is text. */
interface Source {
  readonly path: string;
  readonly text: string;
}

let sources: readonly Source[];
let code: readonly Source[];

beforeAll(async () => {
  const paths = await projectFiles();
  const read = paths.map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') }));
  sources = (await Promise.all(read)).filter(({ text }) => !text.includes('\0'));
  code = sources.filter(({ path }) => /\.[jt]s$/.test(path));
  if (code.length < 100) throw new Error(`only ${code.length} files found below ${root}`);
});

/** What git has or would take; generated and installed files are ignored there. */
async function projectFiles(): Promise<readonly string[]> {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const { exitCode, stdout, summary } = await runTool('git', args, { cwd: root, timeoutMs: 10_000 });
  expect(exitCode, summary).toBe(0);
  return stdout.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
}

const textOf = (path: string): string => {
  const source = sources.find((one) => one.path === path);
  if (!source) throw new Error(`${path} is not there`);
  return source.text;
};

const linesOf = (text: string): number => text.trimEnd().split('\n').length;

describe('microversions', () => {
  it('are numbers in one table only; the rest of the API calls a change by its name', () => {
    const own = ['api/http/microversion.ts', 'api/http/microversion-table.ts'];
    const numbered = code.filter(({ path, text }) => {
      return path.startsWith('api/') && !own.includes(path) && /^(?!\s*(\/\/|\*)).*'3\.[1-9]\d*'/m.test(text);
    });
    expect(numbered.map(({ path }) => path)).toEqual([]);
  });
});

describe('every file', () => {
  it('opens with a comment that says in a sentence what it does', () => {
    const silent = code.filter(({ text }) => !opensWithSentence(text)).map(({ path }) => path);
    expect(silent).toEqual([]);
  });

  it('of a script, an image or a configuration says in its first lines what it is for', () => {
    const silent = sources.filter(
      ({ path, text }) =>
        scriptLike.test(path) && !text.split('\n', 3).some((line) => /^(# |\/\/ |""")\p{L}/u.test(line)),
    );
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it(`has at most ${maxLines} lines`, () => {
    const long = code.filter(({ path, text }) => !(path in longFiles) && linesOf(text) > maxLines);
    expect(long.map(({ path, text }) => `${path}: ${linesOf(text)}`)).toEqual([]);
    const noLonger = Object.keys(longFiles).filter((path) => linesOf(textOf(path)) <= maxLines);
    expect(noLonger, 'exceptions that are none any more').toEqual([]);
  });

  it('leaves nothing for later', () => {
    const later = new RegExp(`\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')})\\b`);
    expect(code.filter(({ text }) => later.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('names no directory of the machine that it was written on', () => {
    expect(sources.flatMap(({ path, text }) => machinePathsIn(text).map((found) => `${path}: ${found}`))).toEqual([]);
  });
});

/** The first line's comment may go on; its first sentence ends somewhere in it. */
function opensWithSentence(text: string): boolean {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  const comment = lines
    .slice(0, end)
    .map((line) => line.slice(2).trim())
    .join(' ');
  return /^[\p{L}`$/].{8,}?[.:](\s|$)/u.test(comment);
}

/** Homes of people, and where this very checkout lies; a home as short as `/` or `/root` is looked for as a folder. */
function machinePathsIn(text: string): readonly string[] {
  const here = [root, homedir()].filter((path) => path.split('/').length > 2).map((path) => `${path}/`);
  const known = here.filter((path) => text.includes(path));
  return [...known, ...(/(?<![\w.])\/(?:home|Users)\/\w+\//.exec(text) ?? [])];
}

describe('every test', () => {
  const tests = (): readonly Source[] => code.filter(({ path }) => path.endsWith('.test.ts'));

  it('runs together with the others: none has .only', () => {
    const only = /\b(?:it|test|describe)(?:\.\w+)*\.only\b/;
    expect(
      tests()
        .filter(({ text }) => only.test(text))
        .map(({ path }) => path),
    ).toEqual([]);
  });

  it('belongs to a suite', () => {
    const names = new Set(suites.map(({ name }) => name));
    const stray = tests().filter(({ path }) => !names.has(path.split('/')[1] ?? ''));
    expect(stray.map(({ path }) => path)).toEqual([]);
  });
});

describe('the docs', () => {
  const pages = (): readonly Source[] => sources.filter(({ path }) => path.endsWith('.md'));

  it('name only files and folders that exist', () => {
    const wrong = pages().flatMap(({ path, text }) =>
      pathsNamedIn(text).flatMap((name) => (isThere(name, path) ? [] : `${path}: ${name}`)),
    );
    expect(wrong).toEqual([]);
  });

  it('link only to pages that exist', () => {
    const wrong = pages().flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].flatMap(([, target = '']) =>
        existsSync(join(root, dirname(path), target)) ? [] : `${path}: ${target}`,
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('are where comments in the code say', () => {
    const wrong = sources.flatMap(({ path, text }) =>
      [...text.matchAll(/\bdocs\/[\w/-]+\.md\b/g)].flatMap(([page]) =>
        existsSync(join(root, page)) ? [] : `${path}: ${page}`,
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('have a row in the README for every room of the house', () => {
    const rooms = new Set(code.flatMap(({ path }) => (path.includes('/') ? [path.split('/')[0] ?? ''] : [])));
    const readme = textOf('README.md');
    expect([...rooms].filter((room) => !new RegExp(`^\\| \`${room}/\` +\\|`, 'm').test(readme))).toEqual([]);
  });

  it('have a row in CONTRIBUTING.md for every suite, and for nothing else', () => {
    const rows = [...textOf('CONTRIBUTING.md').matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name);
    expect(rows.toSorted()).toEqual(suites.map(({ name }) => name).toSorted());
  });

  it('number the decisions without a gap, and each says what, why and at which cost', () => {
    const decisions = pages().filter(({ path }) => path.startsWith('docs/decisions/'));
    const numbers = decisions.map(({ path }) => Number(/(\d{4})-/.exec(path)?.[1])).toSorted((a, b) => a - b);
    expect(numbers).toEqual(decisions.map((_, index) => index + 1));
    const lacking = decisions.filter(
      ({ text }) =>
        !/^# \d{4}: /.test(text) || !['**Decided.**', '**Why.**', '**Cost.**'].every((head) => text.includes(head)),
    );
    expect(lacking.map(({ path }) => path)).toEqual([]);
  });
});

describe("the runbook of paused operations agrees with the code's tables", () => {
  const runbook = (): string => textOf('docs/runbooks/paused-operation.md');

  it('has a row for each cause of a pause, with its page, and for no other', () => {
    const rows = [...runbook().matchAll(/^ *\| `(\w+)` +\| \[([^\]]+)\]\(([\w-]+)\.md\) +\|/gm)];
    const wanted = Object.entries(pauseTable).map(([cause, { title, page }]) => [cause, title, page]);
    expect(rows.map(([, ...cells]) => cells).toSorted()).toEqual(wanted.toSorted());
  });

  it('has a page for each cause, which says what you see, what it means and what to do', () => {
    for (const [cause, { page, title }] of Object.entries(pauseTable)) {
      const text = textOf(`docs/runbooks/${page}.md`);
      expect(text.split('\n', 1)[0], page).toBe(`# ${title}`);
      expect(text, page).toContain(`Cause \`${cause}\``);
      expect(
        [...text.matchAll(/^## (.+)$/gm)].map(([, head]) => head),
        page,
      ).toEqual(['What you see', 'What it means', 'What to do']);
    }
  });

  it('has a cause for each page, but for those about something else', () => {
    const pages: string[] = Object.values(pauseTable).map(({ page }) => page);
    const found = sources.flatMap(({ path }) => /^docs\/runbooks\/(.+)\.md$/.exec(path)?.[1] ?? []);
    expect(found.filter((page) => !pages.includes(page) && !otherRunbooks.has(page))).toEqual([]);
  });

  it('names each step that can be left out', () => {
    const page = textOf('docs/runbooks/skipping-a-step.md');
    expect(Object.keys(skipTable).filter((step) => !page.includes(`\`${step}\``))).toEqual([]);
  });

  it('names each error status that a paused operation shows', () => {
    const statuses = Object.values(operationTable).flatMap(({ claims }) => claims.map((claim) => claim.paused));
    const errors = [...new Set(statuses.filter((status) => status.startsWith('error')))];
    expect(errors.filter((status) => !runbook().includes(`\`${status}\``))).toEqual([]);
  });
});

/** Pages about something else than one cause of a pause. */
const otherRunbooks: ReadonlySet<string> = new Set(['paused-operation', 'skipping-a-step', 'status-reset', 'audit']);

/** Words in backquotes that look like a path below one of the house's rooms. */
function pathsNamedIn(page: string): readonly string[] {
  const prose = page.replaceAll(/^ *```[^]*?^ *```/gm, '');
  const words = [...prose.matchAll(/`([^`\s]+)`/g)].map(([, word = '']) => word);
  return words.filter((word) => /^\.?[\w-]+(\/[\w.-]*)+$/.test(word) && !word.startsWith('/'));
}

/** From the project's root, or beside the page; git's own and installed things are no part of the house. */
function isThere(name: string, page: string): boolean {
  return existsSync(join(root, name)) || existsSync(join(root, dirname(page), name)) || notPaths.has(name);
}

/** Words with a slash that are no path of the project. */
const notPaths: ReadonlySet<string> = new Set(['@temporalio/workflow', '@temporalio/client', '.partial/']);
