// The root daemon: a worker that is not root does its commands through it, and its lock means the same as a root worker's.
import { randomUUID } from 'node:crypto';
import { chown, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deleteTarget, newTarget, showTargets } from '../../drivers/target/tgt/commands.ts';
import { parseTargets } from '../../drivers/target/tgt/parse.ts';
import { eventually } from '../../drivers/data/eventually.ts';
import { revealed } from '../../privileged/argv.ts';
import { startChild, type Child } from '../../privileged/child.ts';
import { capabilityArgs } from '../../privileged/daemon.ts';
import { minimalEnvironment } from '../../privileged/environment.ts';
import { withHostLock } from '../../privileged/host-lock.ts';
import { signalGroup, startTicks } from '../../privileged/process-group.ts';
import { filterDirectory, rootwrapProgram } from '../../privileged/root.ts';
import { RootDaemonClient, type DaemonAccess } from '../../privileged/rootwrap/client.ts';
import { launchRootDaemon } from '../../privileged/rootwrap/launch.ts';
import { runBy, type RunOptions } from '../../privileged/run.ts';
import {
  daemonDirectories,
  makeRootwrapHost,
  nobody,
  whyNoRootwrap,
  type RootwrapHost,
} from './support/rootwrap-host.ts';
import type { WorkerOrders } from './support/rootwrap-worker.ts';
import { scratchDirectory } from './support/step.ts';
import { testTgtd, whyNoIscsi, type TestTgtd } from './support/tgtd.ts';

const skipped = whyNoRootwrap() !== null;
const noIscsi = await whyNoIscsi();
const workerScript = fileURLToPath(new URL('./support/rootwrap-worker.ts', import.meta.url));
const loader = fileURLToPath(import.meta.resolve('tsx'));

const filters = `
any: CommandFilter, sh, root
env: EnvFilter, env, root, COLOUR=, sh
id_nobody: RegExpFilter, id, nobody, id, -u
missing: CommandFilter, no-such-program, root`;

/** Long enough for all tests of this file with nothing to do; the time-out's own test has a daemon of its own. */
let host: RootwrapHost;
let scratch: Awaited<ReturnType<typeof scratchDirectory>>;
let access: DaemonAccess;
let client: RootDaemonClient;
let resourceId: string;
const workers: { readonly child: Child; readonly said: () => string }[] = [];

const launch = (configFile: string): Promise<DaemonAccess> =>
  launchRootDaemon([rootwrapProgram, configFile, '--daemon', '--user', String(nobody.uid)]);

const through = (daemon: RootDaemonClient, words: readonly [string, ...string[]], options: Partial<RunOptions> = {}) =>
  runBy((spec) => daemon.start({ ...spec, secretWords: [] }), words, { silenceTimeoutMs: 30_000, ...options });

/** Tries for the lock of the resource, and gives up when it is told to. */
async function isLocked(): Promise<boolean> {
  const giveUp = AbortSignal.timeout(200);
  return withHostLock({ stateDir: scratch.path, resourceId, epoch: 2, signal: giveUp }, async () => false).catch(
    (error) => {
      if (giveUp.aborted) return true;
      throw error;
    },
  );
}

/** Starts a worker as `nobody`; `said` is what it has printed. */
function worker(orders: Pick<WorkerOrders, 'commands' | 'endsWithParent'>): { child: Child; said: () => string } {
  const all: WorkerOrders = {
    ...orders,
    socketPath: access.socketPath,
    key: access.key.toString('hex'),
    stateDir: scratch.path,
    resourceId,
  };
  // A checkout below root's home: it may read it, and is `nobody` all the same to the daemon.
  const identity = [
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    ...capabilityArgs({ ...nobody, passesRootsDirectories: true }),
  ];
  let said = '';
  const child = startChild({
    words: ['setpriv', ...identity, '--', process.execPath, '--import', loader, workerScript, JSON.stringify(all)],
    env: minimalEnvironment({ TSX_DISABLE_CACHE: '1' }),
    input: '',
    maxOutputChars: 1_000_000,
    onOutput: (_stream, text) => {
      said += text;
    },
  });
  workers.push({ child, said: () => said });
  return { child, said: () => said };
}

/** The pid that a worker's command has said. */
function pidIn(said: string): number | null {
  const pid = Number(/started pid (\d+)/.exec(said)?.[1] ?? 0);
  return pid > 1 ? pid : null;
}

async function resultsOf({ child }: { child: Child }): Promise<{ uid: number; results: Record<string, unknown>[] }> {
  const { stdout, stderr } = await child.ended;
  const last = stdout.trim().split('\n').at(-1) ?? '';
  if (!last.startsWith('{')) throw new Error(`the worker said: ${stdout}\n${stderr}`);
  return JSON.parse(last) as { uid: number; results: Record<string, unknown>[] };
}

describe.skipIf(skipped)('the root daemon', () => {
  beforeAll(async () => {
    host = await makeRootwrapHost(filters, `daemon_timeout=600\nrlimit_nofile=256`);
    access = await launch(host.configFile);
    client = new RootDaemonClient(async () => access);
  });
  afterAll(() => host.remove());
  beforeEach(async () => {
    scratch = await scratchDirectory();
    await chown(scratch.path, nobody.uid, nobody.gid);
    resourceId = randomUUID();
  });
  afterEach(async () => {
    for (const { child, said } of workers.splice(0)) {
      await child.end(0);
      // Their commands outlive them.
      const command = pidIn(said());
      if (command !== null) signalGroup(command, 'SIGKILL');
    }
    await scratch.remove();
  });

  it('runs a command as root for a worker that is not, with a fixed environment and a limit of open files', async () => {
    const { uid, results } = await resultsOf(
      worker({
        commands: [
          ['sh', '-c', 'id -u; ulimit -n; env | cut -d= -f1 | sort | tr "\\n" " "; pwd'],
          ['rm', 'x'],
        ],
      }),
    );
    expect(uid).toBe(nobody.uid);
    expect(results[0]).toMatchObject({ exitCode: 0, stdout: '0\n256\nLC_ALL LVM_SUPPRESS_FD_WARNINGS PATH PWD /\n' });
    expect(results[1]).toEqual({ error: 'not run as root, no filter lets it pass: rm x' });
  });

  it("passes input, output, the environment of a filter, exit codes and the filter's user", async () => {
    const echo = await through(client, ['sh', '-c', 'cat; echo oops >&2; exit 3'], { input: 'åß\n', okExitCodes: [3] });
    expect(echo).toEqual({ stdout: 'åß\n', stderr: 'oops\n', exitCode: 3 });
    expect((await through(client, ['env', 'COLOUR=red', 'sh', '-c', 'echo $COLOUR'])).stdout).toBe('red\n');
    expect((await through(client, ['id', '-u'])).stdout).toBe(`${nobody.uid}\n`);
    await expect(through(client, ['sh', '-c', 'exit 4'])).rejects.toMatchObject({ code: 'CommandFailed', exitCode: 4 });
    await expect(through(client, ['no-such-program'])).rejects.toMatchObject({ code: 'CommandMissing' });
    await expect(through(client, ['sh', '-c', 'kill -9 $$'])).rejects.toThrow('was ended by SIGKILL');
    const much = through(client, ['sh', '-c', 'yes; :'], { maxOutputChars: 10_000 });
    await expect(much).rejects.toMatchObject({ code: 'UnexpectedOutput' });
  });

  it('does many commands at once', async () => {
    const many = Array.from({ length: 20 }, (_, i) => through(client, ['sh', '-c', `echo ${i}`]));
    expect((await Promise.all(many)).map(({ stdout }) => Number(stdout))).toEqual([...many.keys()]);
  });

  it('ends a command with all that it has started when it is silent for too long, or cancelled', async () => {
    for (const how of ['silent', 'cancelled'] as const) {
      const cancel = new AbortController();
      const options = how === 'silent' ? { silenceTimeoutMs: 4_000 } : { signal: cancel.signal };
      let pid = 0;
      const running = through(client, ['sh', '-c', 'sleep 60 & echo $!; wait'], {
        ...options,
        onOutput: (text) => {
          pid = Number(text);
          cancel.abort(new Error('cancelled'));
        },
      });
      await expect(running).rejects.toThrow(how === 'silent' ? 'printed nothing for 4000 ms' : 'cancelled');
      expect(pid).toBeGreaterThan(0);
      await eventually('the grandchild to end', { timeoutMs: 20_000 }, async () => (await startTicks(pid)) === null);
    }
  });

  it("lets an orphaned command keep its worker's lock until it ends", async () => {
    const dying = worker({ commands: [['sh', '-c', 'echo pid $$; exec sleep 120']] });
    await eventually('the command to run', { timeoutMs: 30_000 }, async () => dying.said().includes('started'));
    expect(await isLocked()).toBe(true);
    process.kill(dying.child.pid ?? 0, 'SIGKILL');
    await dying.child.ended;
    expect(await isLocked(), 'the worker is dead, its command is not').toBe(true);
    signalGroup(pidIn(dying.said()) ?? 2 ** 30, 'SIGKILL');
    await eventually('the lock to be free', { timeoutMs: 20_000 }, async () => !(await isLocked()));
  });

  it('ends a command with its worker where the worker said so', async () => {
    const dying = worker({ commands: [['sh', '-c', 'echo pid $$; exec sleep 120']], endsWithParent: true });
    await eventually('the command to run', { timeoutMs: 30_000 }, async () => dying.said().includes('started'));
    expect(await isLocked()).toBe(true);
    process.kill(dying.child.pid ?? 0, 'SIGKILL');
    await eventually('the lock to be free', { timeoutMs: 20_000 }, async () => !(await isLocked()));
  });

  it('goes when nobody has asked for a while, and the next command starts another', async () => {
    const brief = await makeRootwrapHost(filters, 'daemon_timeout=1');
    try {
      const launched: DaemonAccess[] = [];
      const own = new RootDaemonClient(async () => {
        const one = await launch(brief.configFile);
        launched.push(one);
        return one;
      });
      // Longer than the time-out: a daemon with work is not idle.
      expect((await through(own, ['sh', '-c', 'sleep 1.5; echo one'])).stdout).toBe('one\n');
      const first = launched[0]?.socketPath.split('/')[2] ?? '';
      await eventually(
        'the daemon to go',
        { timeoutMs: 10_000 },
        async () => !(await daemonDirectories()).includes(first),
      );
      expect((await through(own, ['sh', '-c', 'echo two'])).stdout).toBe('two\n');
      expect(launched).toHaveLength(2);
    } finally {
      await brief.remove();
    }
  });

  it('that cannot be started says which option is to blame and why', async () => {
    await expect(launch('/nowhere/rootwrap.conf')).rejects.toMatchObject({
      code: 'Misconfigured',
      message: expect.stringMatching(/option rootwrap_config.*\/nowhere cannot be looked at \(ENOENT\)/s),
    });
  });

  describe.skipIf(noIscsi !== null)('with a real tgtd', () => {
    let target: TestTgtd;
    beforeAll(async () => {
      const directory = await scratchDirectory();
      target = await testTgtd(directory.path);
    });
    afterAll(() => target.tgtd.stop());

    it("does a driver's commands by Scoria's own filters", async () => {
      const ours = await makeRootwrapHost('');
      const shared = access;
      try {
        access = await launchWith(ours, filterDirectory);
        const on = { controlPort: target.options.tgt_control_port };
        const commands = [newTarget(on, 7, 'iqn.x:y'), showTargets(on), deleteTarget(on, 7), showTargets(on)];
        const { uid, results } = await resultsOf(
          worker({ commands: commands.map((argv) => revealed(argv) as [string, ...string[]]) }),
        );
        expect(uid).toBe(nobody.uid);
        const [, there, , gone] = results.map(({ stdout }) => parseTargets(String(stdout)).map(({ iqn }) => iqn));
        expect({ there, gone }).toEqual({ there: ['iqn.x:y'], gone: [] });
      } finally {
        access = shared;
        await ours.remove();
      }
    });
  });
});

async function launchWith(host: RootwrapHost, filtersPath: string): Promise<DaemonAccess> {
  await writeFile(host.configFile, `[DEFAULT]\nfilters_path=${filtersPath}\n`);
  return launch(host.configFile);
}
