// The lab VM's first processes: they put a writable layer over the host's files and start the agent.

/**
 * Runs from the initramfs. All set-up is the static busybox's: starting a program over virtiofs costs 50 ms and more
 * under TCG. What the host wants is on the kernel's command line as lab.<name>=<value>.
 */
const init = `#!/bin/busybox sh
b=/bin/busybox
fail() { echo "LAB: $*"; $b poweroff -f; }
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev 2>/dev/null
while read -r module; do $b insmod "/modules/$module" || echo "LAB: cannot load $module"; done < /modules/order
read -r line < /proc/cmdline
for word in $line; do case $word in lab.*=*) name=\${word#lab.}; eval "lab_\${name%%=*}='\${word#*=}'";; esac; done
$b mount -t virtiofs -o ro hostroot /lower || fail "the host's files cannot be mounted"
$b mount -t tmpfs -o size=60% layer /layer
$b mkdir /layer/upper /layer/work
$b mount -t overlay -o lowerdir=/lower,upperdir=/layer/upper,workdir=/layer/work overlay /newroot || fail "no overlay"
release=$($b uname -r); root=/newroot
$b mkdir -p "$root/lib/modules/$release" "$root/proc" "$root/sys" "$root/dev"
$b mount --bind "/lower$lab_modules" "$root/lib/modules/$release"
$b mount -t tmpfs -o mode=755 run "$root/run"
$b mkdir -p "$root/run/lock" "$root/run/lvm" "$root/run/udev" "$root/run/lab" /dev/pts /dev/shm
$b mount -t devpts -o mode=620,gid=5,ptmxmode=666 devpts /dev/pts
$b mount -t tmpfs -o mode=1777 shm /dev/shm
$b ln -sfn /proc/self/fd /dev/fd; $b ln -sfn fd/0 /dev/stdin; $b ln -sfn fd/1 /dev/stdout; $b ln -sfn fd/2 /dev/stderr
echo labvm > /proc/sys/kernel/hostname
$b ip link set lo up
$b ip addr add 10.0.2.15/24 dev eth0 && $b ip link set eth0 up && $b ip route add default via 10.0.2.2
$b cp /bin/busybox /lower$lab_run/start.sh /lower$lab_run/agent.mjs "$root/run/lab/"
$b mount --move /proc "$root/proc"
$b mount --move /sys "$root/sys"
$b mount --move /dev "$root/dev"
exec $b switch_root "$root" /run/lab/busybox sh /run/lab/start.sh
`;

/** Files of the initramfs by path; all are executable. */
export const initramfsScripts: Readonly<Record<string, string>> = { init };

export interface StartScript {
  /** Absolute path of the node program, on host and guest alike. */
  readonly nodePath: string;
  /** Kernel modules to load before the agent starts. */
  readonly modules: readonly string[];
  /** True: systemd-udevd runs, for /dev/disk/by-path and for LVM as it is configured on a real host. */
  readonly udev: boolean;
}

/** LVM without udevd: it makes its own device nodes, and looks at the lab's disks only. lvm.conf(5) */
const lvmConf = `
activation { udev_sync = 0 udev_rules = 0 monitoring = 0 verify_udev_operations = 0 }
devices { obtain_device_list_from_udev = 0 external_device_info_source = "none" scan_lvs = 0
  global_filter = [ "a|^/dev/vd|", "a|^/dev/loop|", "r|.*|" ] }
backup { backup = 0 archive = 0 }
global { use_lvmpolld = 0 event_activation = 0 }
`;

/** Runs after the switch to the host's files: modules, LVM's settings, and the agent; when that ends, the VM does. */
export function startScript({ nodePath, modules, udev }: StartScript): string {
  return `
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C TERM=dumb
b=/run/lab/busybox
modprobe configfs 2>/dev/null; $b mount -t configfs config /sys/kernel/config 2>/dev/null
${modules.length === 0 ? '' : `modprobe -a ${modules.join(' ')} || echo "LAB: modules are missing"`}
${udev ? '/lib/systemd/systemd-udevd --daemon' : `cat > /etc/lvm/lvm.conf <<'END'\n${lvmConf}END`}
read -r up rest < /proc/uptime; echo "LAB: starting the agent after $up s"
$b setsid '${nodePath}' /run/lab/agent.mjs < /dev/null
read -r up rest < /proc/uptime; echo "LAB: the agent ended ($?) after $up s"
$b poweroff -f
while :; do $b sleep 1; done
`;
}
