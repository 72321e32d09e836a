// The libvirt definition of a small guest: its own disk as vda, a command channel, and room for hot-plugged volumes.
import { escapeXml } from '../../../drivers/connector/libvirt/xml.ts';
import type { GuestImage } from './image.ts';

export interface GuestDomain {
  /** UUID. */
  readonly id: string;
  readonly name: string;
  readonly memoryMib: number;
  /** The guest's own raw disk; a volume plugged later becomes vdb. */
  readonly vdaPath: string;
  /** A Unix socket that QEMU makes here (at most 107 bytes). */
  readonly channelSocketPath: string;
  readonly consoleLogPath: string;
  readonly image: GuestImage;
  /** `qemu` (the default) emulates the processor. `kvm` only where it is asked for: on some machines it hangs. */
  readonly type?: 'qemu' | 'kvm';
}

/** Each takes one hot-plugged disk; the guest's own disk and the spare ones of libvirt use others. */
const hotPlugPorts = 8;

/** XML for `virsh define`. */
export function domainXml(domain: GuestDomain): string {
  const text = (value: string): string => escapeXml(value);
  const ports = Array.from(
    { length: hotPlugPorts + 1 },
    () => "    <controller type='pci' model='pcie-root-port'/>",
  ).join('\n');
  return `<domain type='${domain.type ?? 'qemu'}'>
  <uuid>${text(domain.id)}</uuid>
  <name>${text(domain.name)}</name>
  <memory unit='MiB'>${domain.memoryMib}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>${text(domain.image.kernel)}</kernel>
    <initrd>${text(domain.image.initrd)}</initrd>
    <cmdline>console=ttyS0 quiet loglevel=4 mitigations=off panic=1</cmdline>
  </os>
  <features><acpi/></features>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>destroy</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <controller type='pci' model='pcie-root'/>
${ports}
    <controller type='usb' model='none'/>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='${text(domain.vdaPath)}'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <serial type='file'><source path='${text(domain.consoleLogPath)}'/><target port='0'/></serial>
    <serial type='unix'><source mode='bind' path='${text(domain.channelSocketPath)}'/><target port='1'/></serial>
    <memballoon model='none'/>
  </devices>
</domain>
`;
}
