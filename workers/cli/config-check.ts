// `scoria config check FILE…`: says what is wrong with a configuration, and what in it has no effect.
import { loadConfig } from '../config/load.ts';
import { ConfigError } from '../config/problem.ts';
import type { Role } from '../config/requirements.ts';

/** More says no more: it is not a configuration. */
const mostShown = 20;

/** Prints findings; answers the exit code, 0 when it would start. */
export function configCheck(files: readonly string[], roles: readonly Role[]): number {
  try {
    const { config, warnings } = loadConfig(files, { roles });
    for (const warning of warnings) console.log(`warning: ${warning}`);
    const backends = config.backends.map(({ section, driver }) => `${section} (${driver})`).join(', ');
    console.log(`${files.join(', ')}: good. Host ${config.host}; back-ends: ${backends || 'none'}`);
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const warning of error.warnings) console.log(`warning: ${warning}`);
    for (const problem of error.problems.slice(0, mostShown)) console.error(problem);
    const hidden = error.problems.length - mostShown;
    if (hidden > 0) console.error(`… and ${hidden} more`);
    console.error(`${error.problems.length} ${error.problems.length === 1 ? 'problem' : 'problems'}`);
    return 1;
  }
}
