#!/usr/bin/env bash
# Makes the root file system of the image: rootfs.sh FOLDER BINARY
#
# It holds the static binary, the certificates of public authorities, the time
# zones, one user without rights (uid 10001), /data for state and /tmp. There
# is no shell and no package manager. Run it as root, so that /data can belong
# to the user.
set -euo pipefail
out=${1:?usage: rootfs.sh FOLDER BINARY}
binary=${2:?usage: rootfs.sh FOLDER BINARY}
certificates=/etc/ssl/certs/ca-certificates.crt
zones=/usr/share/zoneinfo

for needed in "$binary" "$certificates" "$zones"; do
  test -e "$needed" || { echo "rootfs.sh: $needed is missing (packages ca-certificates and tzdata)" >&2; exit 1; }
done
if command -v file >/dev/null && file "$binary" | grep -q 'dynamically linked'; then
  echo "rootfs.sh: $binary is not static; build it with CGO_ENABLED=0" >&2
  exit 1
fi

rm -rf "$out"
mkdir -p "$out/usr/bin" "$out/etc/ssl/certs" "$out/usr/share" "$out/data" "$out/tmp"
install -m 0755 "$binary" "$out/usr/bin/sluice"
install -m 0644 "$certificates" "$out/etc/ssl/certs/ca-certificates.crt"
cp -rL "$zones" "$out/usr/share/zoneinfo"
# Two more copies of every zone, for leap-second counting that Go does not do.
rm -rf "$out/usr/share/zoneinfo/posix" "$out/usr/share/zoneinfo/right"
printf 'root:x:0:0:root:/:/sbin/nologin\nsluice:x:10001:10001:sluice:/data:/sbin/nologin\n' >"$out/etc/passwd"
printf 'root:x:0:\nsluice:x:10001:\n' >"$out/etc/group"
printf 'hosts: files dns\n' >"$out/etc/nsswitch.conf"
chmod 1777 "$out/tmp"
chown -R 0:0 "$out"
chown 10001:10001 "$out/data"
