// Reads and writes a LUN with QEMU's initiator, as a guest would.
import { secret, type Argv } from '../../../privileged/argv.ts';
import { run, type RunResult } from '../../../privileged/run.ts';
import type { ChapSecret, ConnectionInfo } from '../../../drivers/target/target.ts';

/** The target may be in the lab VM, which is slow on a busy machine. */
const silenceTimeoutMs = 120_000;

export function iscsiUrl({ data }: ConnectionInfo, chap: ChapSecret | null): string {
  const login = chap ? `${chap.username}%${chap.password}@` : '';
  return `iscsi://${login}${String(data['target_portal'])}/${String(data['target_iqn'])}/${String(data['target_lun'])}`;
}

/** Runs qemu-io's commands (`write -P 0xab 0 64k`, `read -P 0xab 0 64k`) against the LUN; throws when one fails. */
export async function onLun(url: string, ...lunCommands: string[]): Promise<RunResult> {
  const argv: Argv = ['qemu-io', '-f', 'raw', ...lunCommands.flatMap((command) => ['-c', command]), secret(url)];
  return run(argv, { silenceTimeoutMs });
}

/** Stays logged in until `signal` is aborted. */
export async function stayOnLun(url: string, signal: AbortSignal): Promise<void> {
  const argv: Argv = ['qemu-io', '-f', 'raw', '-c', 'write 0 1M', '-c', 'sleep 60000', secret(url)];
  await run(argv, { silenceTimeoutMs: 90_000, signal }).catch(() => undefined);
}

/** Size in bytes that an initiator sees. */
export async function lunSize(url: string): Promise<number> {
  const { stdout } = await run(['qemu-img', 'info', '--output=json', '-f', 'raw', secret(url)], { silenceTimeoutMs });
  return (JSON.parse(stdout) as { 'virtual-size': number })['virtual-size'];
}
