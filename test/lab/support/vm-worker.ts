// A storage host's worker as a process of the lab VM: started, killed without warning, started again.
import { join } from 'node:path';
import { eventually } from '../../support/eventually.ts';
import { bundle } from '../vm/bundle.ts';
import type { LabVm } from '../vm/lab-vm.ts';
import { writeWorkerConfig, type ControlPlane } from './control-plane.ts';

export interface VmWorker {
  /** Starts it and waits until it polls; the same file system and state as before. */
  start(): Promise<void>;
  /** SIGKILL: nothing of it has a say in how it ends. */
  kill(): Promise<void>;
  /** As soon as `condition` (a shell command in the VM) is true, kills it: from inside, so that no time is lost. */
  killWhen(condition: string): Promise<void>;
  log(): Promise<string>;
}

const startTimeoutMs = 400_000;

export async function vmWorker(vm: LabVm, plane: ControlPlane, backends: string): Promise<VmWorker> {
  const [program, config] = [join(vm.sharedDirectory, 'worker.mjs'), join(vm.sharedDirectory, 'worker.conf')];
  await bundle('test/lab/guest/volume-worker.ts', program);
  await writeWorkerConfig(config, plane, backends);
  const [ready, pid, log] = ['/run/worker.ready', '/run/worker.pid', '/run/worker.log'];
  return {
    async start() {
      const command = `'${process.execPath}' ${program} ${config} ${ready} >> ${log} 2>&1 < /dev/null & echo $! > ${pid}`;
      await vm.mustExec(['sh', '-c', `mkdir -p /run/scoria; rm -f ${ready}; setsid ${command}`]);
      await eventually(async () => {
        const { exitCode } = await vm.exec(['sh', '-c', `[ -s ${ready} ] || ! kill -0 $(cat ${pid})`]);
        if (exitCode !== 0) throw new Error(`the worker is not up:\n${await vm.mustExec(['tail', '-n', '20', log])}`);
      }, startTimeoutMs);
      await vm.mustExec(['sh', '-c', `[ -s ${ready} ] || { cat ${log}; exit 1; }`]);
    },
    async kill() {
      await vm.mustExec(['sh', '-c', `kill -KILL $(cat ${ready})`]);
    },
    async killWhen(condition) {
      const loop = `until ${condition}; do :; done; kill -KILL $(cat ${ready}); echo killed`;
      await vm.mustExec(['sh', '-c', loop], { timeoutMs: 400_000 });
    },
    log: () => vm.mustExec(['cat', log]),
  };
}
