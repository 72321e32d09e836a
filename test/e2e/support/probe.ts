// Says, visibly, why this machine cannot run an instance with an iSCSI disk; then the tests that need one are skipped.
import { findProgram } from '../../../privileged/find-program.ts';
import { probeGuest, probeLibvirt } from '../../../workers/embedded/libvirtd-probe.ts';
import { whyNoTarget } from '../../../workers/embedded/target-server.ts';

/** A sentence, or null when everything is here. */
export async function whyNoGuest(): Promise<string | null> {
  const lacking = [...(await probeLibvirt()), ...(await probeGuest())].map(({ what }) => what);
  const noTarget = await whyNoTarget();
  const noMke2fs = (await findProgram('mke2fs')) === null ? 'the program mke2fs (Debian: e2fsprogs)' : null;
  const reasons = [...lacking, ...[noTarget, noMke2fs].filter((reason) => reason !== null)];
  if (reasons.length === 0) return null;
  const reason = `instances with iSCSI disks cannot be tested here: ${reasons.join('; ')}`;
  console.warn(`skipped: ${reason}`);
  return reason;
}
