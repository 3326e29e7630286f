#!/usr/bin/env bash
# Starts the image's root file system as the image would, where no image engine
# is at hand: check-chroot.sh BINARY
#
# In a mount namespace of its own, the root file system is mounted read-only
# but for /data and /tmp, and the server runs in it as uid 10001. It must
# become healthy by its own health check, keep its state over a restart, and
# be unable to write anywhere else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
binary=${1:?usage: check-chroot.sh BINARY}

if [ "${2:-}" != inside ]; then
  test "$(id -u)" = 0 || { echo "check-chroot.sh: root is needed for chroot and mounts" >&2; exit 1; }
  command -v unshare >/dev/null || { echo "check-chroot.sh: unshare is missing (package util-linux)" >&2; exit 1; }
  exec unshare --mount --propagation private "$0" "$binary" inside
fi

root=$PWD/build/rootfs
deploy/rootfs.sh "$root" "$binary"
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t tmpfs -o mode=0755,uid=10001,gid=10001 tmpfs "$root/data"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"

sluice() { env -i PATH="$PATH" "${settings[@]}" chroot --userspec=10001:10001 "$root" /usr/bin/sluice "$@"; }
log=build/chroot.log
pid=

start() {
  : >"$log"
  env -i PATH="$PATH" "${settings[@]}" chroot --userspec=10001:10001 "$root" /usr/bin/sluice 2>"$log" &
  pid=$!
  for _ in $(seq 100); do
    grep -q '^Ready\.$' "$log" && return
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  cat "$log"
  echo "check-chroot.sh: the server did not become ready" >&2
  exit 1
}

stop() {
  kill -TERM "$pid"
  wait "$pid" || { cat "$log"; echo "check-chroot.sh: the server did not end cleanly" >&2; exit 1; }
}
# streams lists the streams of a server, by plain bash.
streams() {
  local port=${url##*:}
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf '%s\r\n' 'POST / HTTP/1.1' 'Host: localhost' 'Connection: close' 'Content-Length: 2' \
    'Content-Type: application/x-amz-json-1.1' 'X-Amz-Target: Kinesis_20131202.ListStreams' \
    'X-Amz-Date: 20260101T000000Z' \
    'Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host;x-amz-date, Signature=00' \
    '' >&3
  printf '{}' >&3
  cat <&3
  exec 3>&-
}
trap 'test -z "$pid" || kill "$pid" 2>/dev/null || true' EXIT

settings=(SLUICE_LISTEN=127.0.0.1:0 SLUICE_DATA=/data KINESIS_INITIALIZE_STREAMS=kept:1 TZ=Europe/Berlin)
start
url=$(sed -n 's/^sluice ready \([^ ]*\).*/\1/p' "$log")
sluice health --endpoint "$url" || { cat "$log"; exit 1; }
test "$(stat -c %u "/proc/$pid")" = 10001 || { echo "check-chroot.sh: it runs as another user" >&2; exit 1; }
test -n "$(ls -A "$root/data")" || { echo "check-chroot.sh: nothing was written to /data" >&2; exit 1; }
stop

# The same state again, and without the seed.
settings=(SLUICE_LISTEN=127.0.0.1:0 SLUICE_DATA=/data)
start
url=$(sed -n 's/^sluice ready \([^ ]*\).*/\1/p' "$log")
sluice health --endpoint "$url"
streams | grep -q '"kept"' || { echo "check-chroot.sh: the stream of the first run is gone" >&2; exit 1; }
stop
pid=

# Everything else is read-only.
if settings=() && sluice --listen 127.0.0.1:0 --data /etc/elsewhere 2>"$log"; then
  echo "check-chroot.sh: state could be written outside of /data" >&2
  exit 1
fi
grep -q 'read-only' "$log" || { cat "$log"; exit 1; }
echo "root file system $(du -sm --exclude=data --exclude=tmp "$root" | cut -f1) MB; ran as uid 10001 with only /data and /tmp writable"
