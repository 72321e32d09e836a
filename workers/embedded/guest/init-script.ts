// What runs inside the guest: its first process, and the loop that runs the commands which the host sends.

/**
 * Commands come over the second serial port, one line each: `run <id> <seconds> <base64 of the command>`. The answer is
 * three lines: `@<id> <exit code>`, base64 of what it printed, `.<id>`. Commands run side by side, so that one that
 * hangs on a lost disk does not close the channel; finished answers queue in a FIFO and are sent one after another.
 *
 * The process that reads the port has no children: with busybox 1.35 a `read` in one that had them lost parts of lines
 * now and then (seen; most likely when a child's end interrupts it), and 150 commands in a row arrived without them. Lines in a FIFO come whole, because they are shorter than PIPE_BUF.
 */
const serveScript = `#!/bin/sh
exec <>/dev/ttyS1 >&0 2>/dev/null
stty raw -echo
mkdir -p /run/answers
mkfifo /run/requests /run/queue 2>/dev/null
exec 3<>/run/queue 4<>/run/requests
answer() {
  printf %s "$3" | base64 -d > "/run/answers/$1.sh"
  timeout -s KILL "$2" sh "/run/answers/$1.sh" < /dev/null > "/run/answers/$1.out" 2>&1
  code=$?
  { echo; echo "@$1 $code"; base64 -w 0 "/run/answers/$1.out"; echo; echo ".$1"; } > "/run/answers/$1.answer"
  rm -f "/run/answers/$1.sh" "/run/answers/$1.out"
  echo "$1" >&3
}
while read -r id <&3; do cat "/run/answers/$id.answer"; rm -f "/run/answers/$id.answer"; done &
while read -r word id seconds command <&4; do
  [ "$word" = run ] && answer "$id" "$seconds" "$command" &
done &
while read -r line; do echo "$line" >&4; done
`;

const initScript = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/ LC_ALL=C
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs run /run
mount -t tmpfs tmp /tmp
while read -r module; do insmod "/modules/$module" || echo "cannot load $module"; done < /modules/order
acpid -c /etc/acpi -l /dev/null
read -r up rest < /proc/uptime
echo "guest is up after $up s"
while :; do setsid sh /serve; sleep 1; done
`;

/** On the power button: storage first, then off. */
const powerScript = `#!/bin/sh
sync
poweroff -f
`;

/** The guest's own files by path; all are executable. */
export const guestScripts: Readonly<Record<string, string>> = {
  init: initScript,
  serve: serveScript,
  'etc/acpi/PWRF/00000080': powerScript,
};
