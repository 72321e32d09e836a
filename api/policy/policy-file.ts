// An operator's policy.yaml: read at the start, and again when it has changed; a bad change is refused and logged.
import { readFile, stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import { parse, YAMLParseError } from 'yaml';
import { createPolicyRules, PolicyRulesError, type PolicyRules, type RuleOptions } from './enforcer.ts';

export interface PolicySource {
  /** The rules in force. */
  readonly rules: PolicyRules;
  /** Looks, at most once a second, whether the file has changed. Never throws. */
  refresh(): Promise<void>;
}

export interface PolicyFileOptions extends RuleOptions {
  /** `[oslo_policy] policy_file`, absolute. A file that does not exist overrides nothing. */
  readonly file: string | null;
  readonly log: Pick<Logger, 'info' | 'error'>;
}

const lookEveryMs = 1_000;

/** Rules that do not change. */
export function fixedPolicies(rules: PolicyRules): PolicySource {
  return { rules, refresh: () => Promise.resolve() };
}

/** Reads the file. Throws PolicyRulesError, which names it, when it cannot be read or is wrong. */
export async function openPolicyFile({ file, log, ...options }: PolicyFileOptions): Promise<PolicySource> {
  if (file === null) return fixedPolicies(createPolicyRules({}, options));
  let seen = await stampOf(file);
  let rules = await readRules(file, options);
  let lookedAt = performance.now();

  async function look(path: string): Promise<void> {
    const stamp = await stampOf(path);
    if (stamp === seen) return;
    seen = stamp;
    try {
      rules = await readRules(path, options);
      log.info({ file: path }, 'policy file read again');
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      log.error({ file: path, problem }, 'policy file refused; the rules stay as they were');
    }
  }

  return {
    get rules() {
      return rules;
    },
    async refresh() {
      if (performance.now() - lookedAt < lookEveryMs) return;
      lookedAt = performance.now();
      await look(file);
    },
  };
}

/** Changes when the file does; null when there is none. */
async function stampOf(file: string): Promise<string | null> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return null;
  }
}

async function readRules(file: string, options: RuleOptions): Promise<PolicyRules> {
  try {
    return createPolicyRules(overridesOf(await textOf(file)), options);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new PolicyRulesError(message.replace(/^/gm, `${file}: `), { cause: error });
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

/** JSON is YAML too. An empty file overrides nothing. */
function overridesOf(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 }) as unknown;
  } catch (error) {
    if (error instanceof YAMLParseError) throw new PolicyRulesError(error.message.split('\n', 1)[0], { cause: error });
    throw error;
  }
  if (value === null || value === undefined) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  throw new PolicyRulesError('this is no list of rules: each is written "name": "check"');
}
