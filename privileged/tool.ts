// Runs one set-up command (initdb, pip, tar, apt-get) to its end, for the launcher and the tests; never for a driver.
import { execa } from 'execa';

export interface ToolOptions {
  readonly timeoutMs: number;
  readonly cwd?: string;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to the command's standard input. */
  readonly input?: string;
  /** Shows the command's output as it comes, for steps that a person waits for. */
  readonly visible?: boolean;
  /** Aborting it ends the command. */
  readonly signal?: AbortSignal;
}

export interface ToolResult {
  /** null when it could not be started or was ended by a signal or the time limit. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** One line for a person: what was run and how it ended. */
  readonly summary: string;
}

/** Runs `command` without a shell and answers how it ended; a missing command or a time-out is an answer too. */
export async function runTool(command: string, args: readonly string[], options: ToolOptions): Promise<ToolResult> {
  const result = await execa(command, [...args], {
    reject: false,
    stdin: options.input === undefined ? 'ignore' : 'pipe',
    ...(options.input === undefined ? {} : { input: options.input }),
    stdout: options.visible ? ['pipe', 'inherit'] : 'pipe',
    stderr: options.visible ? ['pipe', 'inherit'] : 'pipe',
    timeout: options.timeoutMs,
    forceKillAfterDelay: 2_000,
    maxBuffer: 16 * 1024 * 1024,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  return {
    exitCode: result.exitCode ?? null,
    stdout: textOf(result.stdout),
    stderr: textOf(result.stderr),
    summary: result.failed ? (result.shortMessage ?? `${command} failed`) : `${command} ended well`,
  };
}

/** execa's types allow for lists and bytes, which these options never ask for. */
const textOf = (output: unknown): string => (typeof output === 'string' ? output : '');

/** As `runTool`, but anything other than exit code 0 is thrown with the last lines of its output. */
export async function mustRunTool(command: string, args: readonly string[], options: ToolOptions): Promise<ToolResult> {
  const result = await runTool(command, args, options);
  if (result.exitCode === 0) return result;
  const lastLines = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-8).join('\n');
  throw new Error(`${result.summary}${lastLines ? `\n${lastLines}` : ''}`);
}
