// A burst: many volumes asked for at once, until the last is available; then all of them deleted.
import pLimit from 'p-limit';
import type { Findings } from '../figures.ts';
import type { BenchOptions } from '../options.ts';
import { cpuBetween, cpuMs } from '../process-cpu.ts';
import type { Side } from '../side.ts';
import { median, quantile } from '../statistics.ts';
import { createVolume, CreationWatch, deleteVolumes, mustHaveNoErrors } from '../volumes.ts';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export interface BurstFindings {
  readonly findings: Findings;
  /** CPU milliseconds a volume, by process, from the first request to the last volume; `bench` is the load itself. */
  readonly cpuMsPerVolume: Readonly<Record<string, number>>;
}

export async function measureBurst(
  side: Side,
  { burst, concurrency, pollMs }: Pick<BenchOptions, 'burst' | 'concurrency' | 'pollMs'>,
): Promise<BurstFindings> {
  const { work } = side;
  const roots = await side.processes();
  const cpuBefore = await cpuMs(roots);
  const loadBefore = process.cpuUsage();
  const limit = pLimit(concurrency);
  const watch = new CreationWatch(work, pollMs, 'many');
  const posting = Promise.all(
    Array.from({ length: burst }, (_, n) =>
      limit(async () => {
        const volume = await createVolume(work, `burst-${n}`);
        watch.add(volume);
        return volume;
      }),
    ),
  );
  const seen = await watch.untilAllAvailable(posting);
  const load = process.cpuUsage(loadBefore);
  const cpu = cpuBetween(cpuBefore, await cpuMs(roots));
  const made = await posting;
  await mustHaveNoErrors(work);
  const started = Math.min(...made.map(({ sentAt }) => sentAt));
  const lastAccepted = Math.max(...made.map(({ acceptedAt }) => acceptedAt));
  const lastAvailable = Math.max(...seen.values());
  const accept = made.map(({ acceptMs }) => acceptMs);
  const deletingMs = await deleteVolumes(work, [...seen.keys()], concurrency);
  return {
    findings: {
      burstAcceptP50: median(accept),
      burstAcceptP95: quantile(accept, 0.95),
      burstAvailableP50: median(made.map(({ id, acceptedAt }) => (seen.get(id) ?? Number.NaN) - acceptedAt)),
      burstAcceptedPerS: (1000 * burst) / (lastAccepted - started),
      burstAvailablePerS: (1000 * burst) / (lastAvailable - started),
      deletedPerS: (1000 * burst) / deletingMs,
      burstCpuMs: sum(Object.values(cpu)) / burst,
    },
    cpuMsPerVolume: {
      ...Object.fromEntries(Object.entries(cpu).map(([name, ms]) => [name, ms / burst])),
      bench: (load.user + load.system) / 1000 / burst,
    },
  };
}
