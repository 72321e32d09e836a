// Starts the root daemon through sudo and reads from it where it listens.
import { spawn } from 'node:child_process';
import { StorageError } from '../../domain/storage-errors.ts';
import { minimalEnvironment } from '../environment.ts';
import type { DaemonAccess } from './client.ts';

/** What `scoria-rootwrap … --daemon` prints in one line when it listens. */
export const printAccess = ({ socketPath, key }: DaemonAccess): string => `${socketPath} ${key.toString('hex')}\n`;

export function parseAccess(line: string): DaemonAccess | null {
  const match = /^(\/\S+) ([0-9a-f]{64})\n$/.exec(line);
  return match ? { socketPath: match[1] ?? '', key: Buffer.from(match[2] ?? '', 'hex') } : null;
}

/** A system whose sudo waits for an answer that nobody gives, or a disk that hangs. */
const launchTimeoutMs = 30_000;

/**
 * Starts `command` (`sudo -n scoria-rootwrap …conf --daemon`). The daemon ends when this process does: it watches the
 * pipe that is its standard input. Throws StorageError Misconfigured with what the command said.
 */
export async function launchRootDaemon(command: readonly [string, ...string[]]): Promise<DaemonAccess> {
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: minimalEnvironment(), detached: true });
  let said = '';
  let complaints = '';
  // Later lines are the daemon's log of what it refused; they belong into ours.
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = `${complaints}${text}`.slice(-4_000);
    process.stderr.write(text);
  });
  child.stdin.on('error', () => {});
  const access = await new Promise<DaemonAccess>((resolve, reject) => {
    const fail = (why: string): void =>
      reject(
        new StorageError('Misconfigured', `${command.join(' ')} (option rootwrap_config): ${why} ${complaints.trim()}`),
      );
    const tooLate = setTimeout(() => {
      child.kill('SIGKILL');
      fail('does not answer.');
    }, launchTimeoutMs);
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => {
      clearTimeout(tooLate);
      fail(`ended (${code ?? signal}).`);
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const parsed = parseAccess(said);
      if (!parsed) return;
      clearTimeout(tooLate);
      resolve(parsed);
    });
  });
  // It must not keep this process alive.
  for (const held of [child, child.stdin, child.stdout, child.stderr]) (held as { unref?(): void }).unref?.();
  return access;
}
