// The program scoria-rootwrap: runs one command as root, or a daemon that does, by the filters of rootwrap.conf.
//
//   scoria-rootwrap /etc/scoria/rootwrap.conf COMMAND ARGUMENT…      exit code as oslo.rootwrap's
//   scoria-rootwrap /etc/scoria/rootwrap.conf --daemon [--user U]    prints one line: socket and key
//
// privileged/scoria-rootwrap starts it with an empty environment and puts before these words the id of the user whom sudo
// let in, or nothing.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { shown } from '../argv.ts';
import { minimalEnvironment } from '../environment.ts';
import { accountOf, idsOf } from './account.ts';
import { logProblem, openAudit, type Audit } from './audit.ts';
import { runRootDaemon } from './daemon.ts';
import { decide, Refusal } from './decide.ts';
import { limitOpenFiles } from './kernel.ts';
import { printAccess } from './launch.ts';
import { loadRules, type LoadedRules } from './load.ts';
import { whoElseCanChange } from './trust.ts';

/** oslo.rootwrap's exit codes. */
const exitCodes = { notFound: 96, badConfig: 97, noCommand: 98, refused: 99, signalBase: 128 } as const;

interface Caller {
  readonly uid: number;
  readonly isSudo: boolean;
}

async function main(): Promise<number> {
  const [sudoUid = '', configFile, ...words] = process.argv.slice(2);
  const caller: Caller = { isSudo: sudoUid !== '', uid: Number(sudoUid) };
  if (configFile === undefined || words.length === 0) {
    return complain('no command (usage: scoria-rootwrap CONFIG COMMAND… | CONFIG --daemon)', exitCodes.noCommand);
  }
  if (process.getuid?.() !== 0)
    return complain('must be started as root (sudo -n scoria-rootwrap …)', exitCodes.badConfig);
  process.umask(0o022);
  const unsafe = [fileURLToPath(import.meta.url), process.execPath].map(whoElseCanChange).find((why) => why !== null);
  if (unsafe) return complain(`does not run where others can change it: ${unsafe}`, exitCodes.badConfig);
  let rules: LoadedRules;
  try {
    rules = loadRules(configFile);
  } catch (error) {
    return complain(error instanceof Error ? error.message : String(error), exitCodes.badConfig);
  }
  rules.problems.forEach(logProblem);
  limitOpenFiles(rules.config.rlimitNofile);
  const audit = openAudit(rules.config);
  try {
    return words[0] === '--daemon'
      ? await daemon(rules, audit, caller, words.slice(1))
      : await direct(rules, audit, caller, words);
  } finally {
    await audit.close();
  }
}

async function direct(rules: LoadedRules, audit: Audit, { uid }: Caller, words: readonly string[]): Promise<number> {
  try {
    const decision = decide(rules, words);
    const account = accountOf(decision.runAs);
    audit.started(shown(words), decision.filter, uid);
    const [program, ...args] = decision.words;
    const child = spawn(program, args, { stdio: 'inherit', env: minimalEnvironment(decision.env), ...account });
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) =>
        resolve(code ?? exitCodes.signalBase + (signal ? constants.signals[signal] : 0)),
      );
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    audit.refused({ command: shown(words), by: error.by, why: error.message, uid });
    const isMissing = error.by === 'program';
    const what = isMissing ? 'Executable not found' : 'Unauthorized command';
    return complain(`${what}: ${shown(words)} (${error.message})`, isMissing ? exitCodes.notFound : exitCodes.refused);
  }
}

async function daemon(rules: LoadedRules, audit: Audit, caller: Caller, args: readonly string[]): Promise<number> {
  let { uid } = caller;
  if (args.length > 0) {
    const ids = args.length === 2 && args[0] === '--user' ? idsOf(args[1] ?? '') : null;
    // sudo's one line lets its user pass any arguments: it must not open the door to somebody else.
    if (!ids || caller.isSudo)
      return complain('--daemon takes only --user USER, and that from root only', exitCodes.noCommand);
    uid = ids.uid;
  }
  const abandoned = new AbortController();
  process.stdin
    .on('end', () => abandoned.abort())
    .on('error', () => abandoned.abort())
    .resume();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => abandoned.abort());
  process.on('SIGHUP', () => {});
  process.stdout.on('error', () => {});
  await runRootDaemon({
    ...rules,
    uid,
    audit,
    timeoutMs: rules.config.daemonTimeoutS * 1000,
    abandoned: abandoned.signal,
    onReady: (access) => process.stdout.write(printAccess(access)),
  });
  return 0;
}

function complain(message: string, exitCode: number): number {
  process.stderr.write(`scoria-rootwrap: ${message}\n`);
  return exitCode;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) =>
    process.exit(complain(error instanceof Error ? (error.stack ?? error.message) : String(error), 1)),
);
