// `scoria chaos`: the fault matrix, or the soak. Runs in a mount namespace of its own, which workers/cli/chaos.ts makes.
import { parseArgs } from 'node:util';
import { runMatrix } from './matrix/matrix.ts';
import { soak } from './soak/soak.ts';

const { values } = parseArgs({
  options: {
    cells: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string' },
    resume: { type: 'string' },
    report: { type: 'string' },
    together: { type: 'string', default: '6' },
    part: { type: 'string', default: '1/1' },
    soak: { type: 'boolean', default: false },
    cluster: { type: 'boolean', default: false },
    minutes: { type: 'string' },
  },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed);
const [index = 1, of = 1] = values.part.split('/').map(Number);

async function main(): Promise<number> {
  if (values.soak) return soak({ minutes: Number(values.minutes ?? 10), seed, cluster: values.cluster });
  return runMatrix({
    seed,
    cells: values.cells === undefined ? null : Number(values.cells),
    only: values.only === undefined ? null : new RegExp(values.only),
    resumeFile: values.resume ?? null,
    reportFile: values.report ?? null,
    together: Number(values.together),
    limitMs: values.minutes === undefined ? Infinity : Number(values.minutes) * 60_000,
    part: { index: index - 1, of },
    cluster: values.cluster,
  });
}

process.exit(await main());
