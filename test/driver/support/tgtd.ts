// A tgtd for one test file, or the reason why this machine cannot run one.
import { join } from 'node:path';
import { tgtOptions, type TgtOptions } from '../../../drivers/target/tgt/config.ts';
import { startTgtd, type Tgtd } from '../../../drivers/target/tgt/daemon.ts';
import { missingForLibiscsi } from '../../../drivers/connector/libiscsi/requirements.ts';
import { findProgram } from '../../../privileged/find-program.ts';
import { freePort } from './step.ts';

/** A sentence, or null when real iSCSI can be tested here. Printed, so that nobody takes a skip for a pass. */
export async function whyNoIscsi(): Promise<string | null> {
  const reason = await missing();
  if (reason !== null) console.warn(`iSCSI tests skipped: ${reason}`);
  return reason;
}

async function missing(): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'tgtd needs root';
  for (const [program, debianPackage] of [
    ['tgtd', 'tgt'],
    ['tgtadm', 'tgt'],
    ['qemu-img', 'qemu-utils'],
    ['qemu-io', 'qemu-utils'],
  ] as const) {
    if ((await findProgram(program)) === null) return `${program} is missing (Debian package ${debianPackage})`;
  }
  return missingForLibiscsi();
}

export interface TestTgtd {
  readonly tgtd: Tgtd;
  readonly options: TgtOptions;
}

export async function testTgtd(directory: string): Promise<TestTgtd> {
  const portalPort = await freePort();
  // The port is this test's alone, so it serves as the control port too.
  const controlPort = portalPort % 32_768;
  const tgtd = await startTgtd({
    controlPort,
    portalPort,
    logFile: join(directory, 'tgtd.log'),
    pidFile: join(directory, 'tgtd.pid'),
  });
  const options = tgtOptions.parse({
    target_ip_address: '127.0.0.1',
    target_port: portalPort,
    tgt_control_port: controlPort,
  });
  return { tgtd, options };
}
