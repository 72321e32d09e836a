// What the launcher, the demo and the tests do with instances themselves: define, start and end them.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRunTool } from '../../privileged/tool.ts';

export interface EmbeddedVirsh {
  /** Runs `virsh words…`; answers its output. Throws with what virsh said. */
  run(...words: string[]): Promise<string>;
  /** Defines an instance persistently; one with the same id and name is changed. */
  define(domainXml: string): Promise<void>;
  /** UUIDs of the instances that run. */
  running(): Promise<readonly string[]>;
}

const timeoutMs = 60_000;

export function createVirsh(connectionUri: string): EmbeddedVirsh {
  const run = async (...words: string[]): Promise<string> =>
    (await mustRunTool('virsh', ['--connect', connectionUri, '--quiet', ...words], { timeoutMs, env: { LC_ALL: 'C' } }))
      .stdout;
  return {
    run,
    define: async (domainXml) => {
      const directory = await mkdtemp(join(tmpdir(), 'scoria-define-'));
      try {
        const path = join(directory, 'domain.xml');
        await writeFile(path, domainXml);
        await run('define', path);
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
    running: async () => (await run('list', '--uuid')).split('\n').filter((line) => line.trim() !== ''),
  };
}
