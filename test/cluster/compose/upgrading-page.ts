// The commands of docs/upgrading.md, run as they stand there with this machine's paths; none may be left out.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRunTool } from '../../../privileged/tool.ts';
import { projectRoot } from './compose-file.ts';

const exampleBuildId = '0.1.0-0a1b2c3d4e5f6a7b';

export class UpgradingPage {
  readonly #documented: readonly string[];
  readonly #run = new Set<string>();

  private constructor(documented: readonly string[]) {
    this.#documented = documented;
  }

  static async read(): Promise<UpgradingPage> {
    const text = await readFile(join(projectRoot, 'docs', 'upgrading.md'), 'utf8');
    const blocks = [...text.matchAll(/^```\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
    return new UpgradingPage(blocks.flatMap((block) => block.split('\n')).filter(Boolean));
  }

  /** Runs the documented command that ends with these words, from a release's directory; answers what it printed. */
  async run(
    ending: string,
    from: { readonly release: string; readonly etc: string; readonly buildId?: string },
  ): Promise<string> {
    const command = this.#documented.find((line) => line.endsWith(ending));
    if (command === undefined) throw new Error(`docs/upgrading.md has no command that ends with: ${ending}`);
    this.#run.add(command);
    const words = command
      .replaceAll('/etc/scoria', from.etc)
      .replaceAll(exampleBuildId, from.buildId ?? exampleBuildId)
      .split(' ');
    const [program = '', ...args] = words;
    return (await mustRunTool(join(from.release, program), args, { timeoutMs: 120_000, cwd: from.release })).stdout;
  }

  /** Commands of the page that were not given. */
  get leftOut(): readonly string[] {
    return this.#documented.filter((command) => !this.#run.has(command));
  }
}
