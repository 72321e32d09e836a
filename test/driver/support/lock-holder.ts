// A process of its own that takes a host lock and keeps it until it is killed; says "locked" once it has it.
// Arguments: state directory, resource id, epoch, and `child` when a child process is to inherit the lock.
import { withHostLock } from '../../../privileged/host-lock.ts';
import { run } from '../../../privileged/run.ts';

const [stateDir = '', resourceId = '', epoch = '', mode = ''] = process.argv.slice(2);
const { signal } = new AbortController();
await withHostLock({ stateDir, resourceId, epoch: Number(epoch), signal }, async (lockFd) => {
  const child = mode === 'child' ? run(['sh', '-c', 'echo child $$; sleep 60'], options(lockFd)) : null;
  if (!child) console.log('locked');
  await new Promise((resolve) => setTimeout(resolve, 60_000));
});

function options(lockFd: number): Parameters<typeof run>[1] {
  return { lockFd, silenceTimeoutMs: 60_000, onOutput: (text) => console.log(`locked by ${text.trim()}`) };
}
