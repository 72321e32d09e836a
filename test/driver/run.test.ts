// Running commands: what comes back, what is thrown, and what never shows.
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { secret, shown } from '../../privileged/argv.ts';
import { eventually } from '../../drivers/data/eventually.ts';
import { startTicks } from '../../privileged/process-group.ts';
import { run } from '../../privileged/run.ts';

const silenceTimeoutMs = 10_000;

describe('run', () => {
  it('answers output and exit code, and passes words on as they are', async () => {
    const words = ['a b', '$HOME', '`id`', '; rm x', '*', ''];
    const { stdout, exitCode } = await run(['printf', '<%s>', ...words], { silenceTimeoutMs });
    expect({ stdout, exitCode }).toEqual({ stdout: words.map((word) => `<${word}>`).join(''), exitCode: 0 });
  });

  it('gives a command a fixed environment and nothing of ours', async () => {
    const { stdout } = await run(['env'], { silenceTimeoutMs, env: { EXTRA: '1' } });
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split('=')[0])
        .toSorted(),
    ).toEqual(['EXTRA', 'LC_ALL', 'LVM_SUPPRESS_FD_WARNINGS', 'PATH']);
  });

  it('says which command is missing', async () => {
    await expect(run(['no-such-program', 'x'], { silenceTimeoutMs })).rejects.toMatchObject({ code: 'CommandMissing' });
    const leashed = run(['no-such-program'], { silenceTimeoutMs, endsWithParent: true });
    await expect(leashed).rejects.toMatchObject({ code: 'CommandMissing' });
  });

  it('never shows a secret, even where the command repeats it', async () => {
    const argv = ['sh', '-c', 'echo "bad password $1" >&2; exit 3', 'sh', secret('tell-nobody')] as const;
    const error: unknown = await run(argv, { silenceTimeoutMs }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CommandFailed', exitCode: 3, stderr: 'bad password ***\n' });
    expect(`${inspect(error, { depth: 9 })} ${JSON.stringify(argv)} ${inspect(argv)} ${shown(argv)}`).not.toContain(
      'tell-nobody',
    );
  });

  it('takes the exit codes it is told to for answers', async () => {
    expect((await run(['sh', '-c', 'exit 4'], { silenceTimeoutMs, okExitCodes: [0, 4] })).exitCode).toBe(4);
  });

  it('ends a silent command with all that it has started', async () => {
    let child = 0;
    const argv = ['sh', '-c', 'sleep 60 & echo $!; wait'] as const;
    const silent = run(argv, { silenceTimeoutMs: 300, onOutput: (text) => (child = Number(text)) });
    await expect(silent).rejects.toMatchObject({ code: 'CommandTimeout', kind: 'passing' });
    await eventually('the grandchild to end', { timeoutMs: 5_000 }, async () => (await startTicks(child)) === null);
  });

  it('lets a command take its time while it prints, or while what is watched changes', async () => {
    const printing = run(['sh', '-c', 'for i in 1 2 3 4 5 6; do echo $i; sleep 0.2; done'], { silenceTimeoutMs: 600 });
    let seen = 0;
    const watched = run(['sleep', '1.2'], { silenceTimeoutMs: 600, watch: async () => (seen += 1) });
    expect((await printing).stdout).toBe('1\n2\n3\n4\n5\n6\n');
    expect((await watched).exitCode).toBe(0);
  });

  it('ends a cancelled command and throws the reason', async () => {
    const cancel = new AbortController();
    const running = run(['sleep', '60'], { silenceTimeoutMs, signal: cancel.signal });
    cancel.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
    await expect(run(['sleep', '60'], { silenceTimeoutMs, signal: cancel.signal })).rejects.toThrow('cancelled');
  });

  it('refuses more output than is believable', async () => {
    for (const argv of [['yes'], ['sh', '-c', 'yes; :']] as const) {
      await expect(run(argv, { silenceTimeoutMs, maxOutputChars: 1000 })).rejects.toMatchObject({
        code: 'UnexpectedOutput',
      });
    }
  });
});
