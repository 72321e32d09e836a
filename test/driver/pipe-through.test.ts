// Sending bytes through a command: what comes out, whose errors are thrown, and what is left when its reader goes.
import { describe, expect, it } from 'vitest';
import { pipeThrough } from '../../privileged/pipe-through.ts';
import { eventually } from '../../drivers/data/eventually.ts';
import { run } from '../../privileged/run.ts';

const never = new AbortController().signal;
const options = { silenceTimeoutMs: 10_000, signal: never };

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function textOf(data: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const bytes of data) parts.push(bytes);
  return Buffer.concat(parts).toString('utf8');
}

describe('pipeThrough', () => {
  it('hands out what the command makes of the data, also of memory that is used again for the next piece', async () => {
    const shared = Buffer.alloc(300_000);
    async function* reused(): AsyncGenerator<Uint8Array> {
      for (const letter of 'abc') yield shared.fill(letter);
    }
    const text = await textOf(pipeThrough(['tr', 'a-z', 'A-Z'], reused(), options));
    expect(text).toBe(['A', 'B', 'C'].map((letter) => letter.repeat(300_000)).join(''));
  });

  it('throws what the data throws, and what the command says', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('x');
      throw new Error('the source is gone');
    }
    await expect(textOf(pipeThrough(['cat'], broken(), options))).rejects.toThrow('the source is gone');
    const failing = textOf(pipeThrough(['sh', '-c', 'echo no >&2; exit 3'], pieces('x'.repeat(500_000), 'y'), options));
    await expect(failing).rejects.toMatchObject({ code: 'CommandFailed', exitCode: 3, stderr: 'no\n' });
    const missing = textOf(pipeThrough(['no-such-program'], pieces('x'), options));
    await expect(missing).rejects.toMatchObject({ code: 'CommandMissing' });
  });

  it('ends a command that is silent, and one that is cancelled', async () => {
    const silent = textOf(pipeThrough(['sleep', '600'], pieces('x'), { ...options, silenceTimeoutMs: 200 }));
    await expect(silent).rejects.toMatchObject({ code: 'CommandTimeout' });
    const signal = AbortSignal.timeout(200);
    const cancelled = textOf(pipeThrough(['sleep', '600'], pieces('x'), { ...options, signal }));
    await expect(cancelled).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('ends the command when its reader goes', async () => {
    for await (const first of pipeThrough(['sh', '-c', 'echo ours; exec sleep 4242.17'], pieces(), options)) {
      expect(String(first)).toBe('ours\n');
      break;
    }
    const look = ['pgrep', '-f', 'sleep 4242[.]17'] as const;
    await eventually('the command to end', { timeoutMs: 10_000 }, async () => {
      return (await run(look, { silenceTimeoutMs: 5_000, okExitCodes: [0, 1] })).exitCode === 1;
    });
  });
});
