// Attempts on the root program and its daemon from outside: the socket, the key, the command line, the environment.
import { chmod } from 'node:fs/promises';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootwrapProgram } from '../../privileged/root.ts';
import { RootDaemonClient, type DaemonAccess } from '../../privileged/rootwrap/client.ts';
import { launchRootDaemon } from '../../privileged/rootwrap/launch.ts';
import { proofOf } from '../../privileged/rootwrap/protocol.ts';
import { runBy } from '../../privileged/run.ts';
import { runTool } from '../../privileged/tool.ts';
import {
  letPass,
  makeRootwrapHost,
  nobody,
  outcome,
  whyNoRootwrap,
  type RootwrapHost,
} from './support/rootwrap-host.ts';

const skipped = whyNoRootwrap() !== null;

describe.skipIf(skipped)('the root program', () => {
  let host: RootwrapHost;
  let access: DaemonAccess;
  beforeAll(async () => {
    host = await makeRootwrapHost('id: CommandFilter, id, root\nls: CommandFilter, ls, root', 'daemon_timeout=600');
    access = await launchRootDaemon([rootwrapProgram, host.configFile, '--daemon', '--user', String(nobody.uid)]);
  });
  afterAll(() => host.remove());

  const ask = (client: DaemonAccess, fd3?: number): Promise<unknown> => {
    const daemon = new RootDaemonClient(async () => client);
    return runBy((spec) => daemon.start({ ...spec, fd3, secretWords: [] }), ['id', '-u'], { silenceTimeoutMs: 30_000 });
  };

  /** Sends what is not a request of ours and answers what the daemon says after its nonce. */
  const speak = (answer: (nonce: string) => string): Promise<string> =>
    new Promise((resolve) => {
      let said = '';
      const socket = connect(access.socketPath);
      socket.setEncoding('utf8').on('data', (text: string) => {
        const isFirst = said === '';
        said += text;
        if (isFirst) socket.write(answer((JSON.parse(text) as { nonce: string }).nonce));
      });
      socket.on('error', () => {}).on('close', () => resolve(said.split('\n').slice(1).join('\n')));
    });
  const request = JSON.stringify({
    ...{ words: ['id'], secretWords: [], input: '', lockFd: null, endsWithClient: false, maxOutputChars: 1000 },
  });

  it('answers who has the key', async () => {
    expect(await outcome(() => ask(access))).toBe(letPass);
    expect(
      await speak((nonce) => `${JSON.stringify({ request, proof: proofOf(access.key, nonce, request) })}\n`),
    ).toContain('uid=0');
  });

  it('refuses who has not, a proof of another time, of another request, and noise', async () => {
    expect(await outcome(() => ask({ ...access, key: Buffer.alloc(32) }))).toContain('went away');
    const old = proofOf(access.key, '00', request);
    const other = (nonce: string): string => proofOf(access.key, nonce, request.replace('id', 'ls'));
    expect(await speak(() => `${JSON.stringify({ request, proof: old })}\n`)).toBe('');
    expect(await speak((nonce) => `${JSON.stringify({ request, proof: other(nonce) })}\n`)).toBe('');
    expect(await speak(() => 'noise\n')).toBe('');
    expect(
      await speak((nonce) => `${JSON.stringify({ request: '{}', proof: proofOf(access.key, nonce, '{}') })}\n`),
    ).toBe('');
  });

  it("refuses another user's connection, by the socket's mode and by the kernel's word", async () => {
    const program = `require('net').connect('${access.socketPath}').on('error', (e) => console.log(e.code)).on('data', () => console.log('data')).on('close', () => console.log('closed'))`;
    const asOther = (): Promise<{ stdout: string }> =>
      runTool('setpriv', ['--reuid=65533', '--regid=65533', '--clear-groups', '--', process.execPath, '-e', program], {
        timeoutMs: 60_000,
      });
    expect((await asOther()).stdout).toContain('EACCES');
    await chmod(access.socketPath, 0o666);
    expect((await asOther()).stdout).toBe('closed');
    await chmod(access.socketPath, 0o600);
  });

  it('takes nothing for a lock but an open file of the one who asks', async () => {
    expect(await outcome(() => ask(access, 1_000))).toContain('its lock cannot be taken over');
    // Standard input of a test is no file.
    expect(await outcome(() => ask(access, 0))).toMatch(/its lock cannot be taken over|not a file of its own/);
  });

  it.each<
    [
      attempt: string,
      env: Record<string, string>,
      args: (host: RootwrapHost) => string[],
      exitCode: number,
      said: RegExp,
    ]
  >([
    ['none', {}, ({ configFile }) => [configFile, 'id', '-u'], 0, /^0$/],
    [
      'code in NODE_OPTIONS',
      { NODE_OPTIONS: '--require=/nowhere/evil.js' },
      ({ configFile }) => [configFile, 'id', '-u'],
      0,
      /^0$/,
    ],
    [
      'a daemon for somebody else through sudo',
      { SUDO_UID: '65533' },
      ({ configFile }) => [configFile, '--daemon', '--user', '0'],
      98,
      /from root only/,
    ],
    ['a command of no filter', {}, ({ configFile }) => [configFile, 'rm', '/x'], 99, /Unauthorized command: rm \/x/],
    ['a configuration of its own', {}, () => ['/tmp/rootwrap.conf', 'id'], 97, /can be written by others/],
    ['no command', {}, ({ configFile }) => [configFile], 98, /no command/],
  ])('started by hand: %s', async (_attempt, env, args, exitCode, said) => {
    const result = await runTool(rootwrapProgram, args(host), { timeoutMs: 100_000, env });
    expect(result.exitCode, result.stderr).toBe(exitCode);
    expect(`${result.stdout}${result.stderr}`.trim()).toMatch(said);
  });
});
