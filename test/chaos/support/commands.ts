// Commands that hang or print rubbish: wrappers in front of the real ones, seen only by the lab's own processes.
// They are mounted over /usr/local/sbin, the first directory of privileged/environment.ts, in a mount namespace of ours.
import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../../../privileged/find-program.ts';
import { mustRunTool } from '../../../privileged/tool.ts';

const programs = ['tgtadm', 'cp', 'qemu-img', 'qemu-storage-daemon', 'umount'] as const;
export type ProgramName = (typeof programs)[number];
export type Misbehaviour = 'hang' | 'rubbish';

const wrapped = '/usr/local/sbin';
const toolMs = { timeoutMs: 10_000 };

export class Commands {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Puts the wrappers in place for this process and all that it starts. */
  static async wrap(directory: string): Promise<Commands> {
    const bin = join(directory, 'bin');
    await mkdir(bin, { recursive: true });
    for (const program of programs) {
      const real = await findProgram(program);
      if (real !== null) await writeFile(join(bin, program), wrapperOf(program, real, directory), { mode: 0o755 });
    }
    await writeFile(join(directory, 'log'), '');
    await mustRunTool('mount', ['--bind', bin, wrapped], toolMs);
    return new Commands(directory);
  }

  async unwrap(): Promise<void> {
    await mustRunTool('umount', ['--lazy', wrapped], toolMs);
  }

  /** The call of `program` that comes after `skip` others misbehaves, once. */
  async arm(program: ProgramName, how: Misbehaviour, skip = 0): Promise<void> {
    await writeFile(join(this.#directory, `armed.${program}`), `${how} ${skip}\n`);
  }

  async disarm(): Promise<void> {
    await Promise.all(programs.map((program) => rm(join(this.#directory, `armed.${program}`), { force: true })));
  }

  /** What was run since the last `forget`, in order. */
  async run(): Promise<readonly ProgramName[]> {
    const text = await readFile(join(this.#directory, 'log'), 'utf8');
    return text.split('\n').filter((line) => line !== '') as ProgramName[];
  }

  async forget(): Promise<void> {
    await truncate(join(this.#directory, 'log'));
  }
}

/** The harness's own calls pass untouched: they are no part of any step. */
function wrapperOf(program: ProgramName, real: string, directory: string): string {
  const armed = join(directory, `armed.${program}`);
  return `#!/bin/sh
# Runs ${real}, unless the harness has armed this program.
[ "$PPID" = ${process.pid} ] && exec ${real} "$@"
echo ${program} >>${join(directory, 'log')}
[ -f ${armed} ] || exec ${real} "$@"
read -r how skip <${armed}
if [ "$skip" -gt 0 ]; then
  echo "$how $((skip - 1))" >${armed}
  exec ${real} "$@"
fi
rm -f ${armed}
[ "$how" = hang ] && exec /bin/sleep 3600
printf '\\001\\377 Target nonsense: {[(\\n%s\\n' "$*" | /usr/bin/rev
case " $* " in *' show '*|*' map '*) exit 0 ;; esac
echo 'nonsense: %d {' >&2
exit 1
`;
}
