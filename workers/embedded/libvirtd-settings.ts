// The settings of a libvirtd of our own, and the mount namespace in which it finds them.

/** https://libvirt.org/manpages/libvirtd.html; the socket lies in a directory that only root may enter. */
export const libvirtdConf = `auth_unix_rw = "none"
auth_unix_ro = "none"
unix_sock_group = "root"
unix_sock_rw_perms = "0700"
`;

/**
 * Guests run as root, because their disks lie in root's state directory, and without what needs a service of the
 * system's beside it: virtlogd, cgroups of systemd, AppArmor profiles. The default of `namespaces` would hide our
 * private directories from the guests.
 */
export const qemuConf = `user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
stdio_handler = "file"
security_driver = "none"
security_default_confined = 0
namespaces = [ ]
cgroup_controllers = [ ]
`;

/** What libvirt has compiled in, by the directory of ours that takes its place. */
export const privateDirectories = {
  etc: '/etc/libvirt',
  lib: '/var/lib/libvirt',
  cache: '/var/cache/libvirt',
  log: '/var/log/libvirt',
  run: '/run/libvirt',
} as const;

/**
 * Run by sh inside a new mount namespace: arguments are pairs of directories, ours and the one it covers, then `--` and
 * the command. A system's own libvirtd, and a second one of ours, see nothing of it.
 */
export const namespaceScript = `set -e
while [ "$1" != -- ]; do
  mkdir -p "$2"
  mount --bind "$1" "$2"
  shift 2
done
shift
exec "$@"
`;
