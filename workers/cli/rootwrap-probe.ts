// Looks whether workers that are not root could reach it here: configuration, filters, sudo.
import { existsSync } from 'node:fs';
import { filterDirectory, loadFilters, rootwrapProgram } from '../../privileged/root.ts';
import { loadRules } from '../../privileged/rootwrap/load.ts';
import { whoElseCanChange } from '../../privileged/rootwrap/trust.ts';
import { runTool } from '../../privileged/tool.ts';

/** The default of the option `rootwrap_config`. */
const configFile = '/etc/scoria/rootwrap.conf';

/** `words` say what is there, or what is not. */
export async function probeRootwrap(): Promise<{ readonly isThere: boolean; readonly words: string }> {
  const isRoot = process.getuid?.() === 0;
  if (!existsSync(configFile)) {
    return isRoot
      ? { isThere: true, words: 'not needed: workers run as root here, by the same filters' }
      : { isThere: false, words: `${configFile} is not there` };
  }
  const wrong = (await wrongWithFiles()) ?? (isRoot ? null : await wrongWithSudo());
  return wrong === null ? { isThere: true, words: configFile } : { isThere: false, words: wrong };
}

async function wrongWithFiles(): Promise<string | null> {
  const unsafe = whoElseCanChange(rootwrapProgram);
  if (unsafe !== null) return `${rootwrapProgram} does not run: ${unsafe}`;
  try {
    const { filters, problems } = loadRules(configFile);
    const names = new Set(filters.map(({ name, program }) => `${name} ${program}`));
    const lacking = (await loadFilters(filterDirectory)).filter(
      ({ name, program }) => !names.has(`${name} ${program}`),
    );
    if (lacking.length === 0) return problems[0] ?? null;
    return `filters_path of ${configFile} does not name ${filterDirectory} (no filter ${lacking[0]?.name})`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function wrongWithSudo(): Promise<string | null> {
  const { exitCode, stderr, summary } = await runTool('sudo', ['-n', '-l', rootwrapProgram, configFile, '--daemon'], {
    timeoutMs: 10_000,
  });
  return exitCode === 0 ? null : `sudo does not let this user start ${rootwrapProgram}: ${stderr.trim() || summary}`;
}
