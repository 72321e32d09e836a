// iscsid of the lab VM: what an initiator needs besides the connector.
import type { LabVm } from '../vm/lab-vm.ts';

export const initiatorModules = ['iscsi_tcp', 'sd_mod'] as const;
export const initiatorName = 'iqn.2010-10.org.openstack:labvm';

/** Names the initiator and starts iscsid; the VM needs `initiatorModules`. */
export async function startInitiator(vm: LabVm): Promise<void> {
  const prepare = [
    'mkdir -p /run/lock/iscsi /etc/iscsi',
    `echo InitiatorName=${initiatorName} > /etc/iscsi/initiatorname.iscsi`,
    'rm -rf /etc/iscsi/nodes /etc/iscsi/send_targets',
    'iscsid > /run/iscsid.log 2>&1 < /dev/null',
  ];
  await vm.mustExec(['sh', '-c', prepare.join(' && ')]);
}

/** What an initiator could leave behind: disks, sessions, records. Empty when nothing is left. */
export async function leftOfInitiator(vm: LabVm): Promise<string> {
  const look =
    'ls /sys/class/iscsi_session /sys/block 2>/dev/null | grep -E "^(sd|session)"; find /etc/iscsi/nodes -type f 2>/dev/null';
  return (await vm.exec(['sh', '-c', look])).stdout.trim();
}
