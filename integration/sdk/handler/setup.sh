#!/usr/bin/env bash
# Installs what runs a handler, and prints the path of the script that runs it as a function's process.
#
#   setup.sh go|python|node|rie
#
# Everything is kept in one cache folder, so that only the first run downloads and compiles. What cannot be had on this
# machine is said on the last line, with exit status 3.
set -euo pipefail

kind=${1:?usage: setup.sh go|python|node|rie}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${SLUICE_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sluice-test}
case $kind in
  go) files=("$here"/go/*.go "$here/../../../go.mod") ;;
  python) files=("$here"/python/requirements.txt) ;;
  node) files=("$here"/node/package-lock.json) ;;
  rie) files=() ;;
  *) echo "no such handler: $kind" >&2 && exit 2 ;;
esac
place=$cache/handler-$kind-$({ echo "$here" && cat "$here/setup.sh" ${files[@]+"${files[@]}"}; } | sha256sum | cut -c1-12)
mkdir -p "$place"
exec 3>&1 9>"$cache/handler-lock"
flock 9
exec >"$place/setup.log" 2>&1 # not before: it may be the log of the one that is at work

# A registry that does not answer is asked again, for minutes: it is not what is tested here.
export PIP_RETRIES=10 PIP_DEFAULT_TIMEOUT=60 npm_config_fetch_retries=8

# apt ARGUMENT...: apt-get, one at a time: it gives up where another one runs, as that of a client's set-up may.
apt() {
  DEBIAN_FRONTEND=noninteractive flock "$cache/apt-lock" apt-get -o Acquire::Retries=5 -o DPkg::Lock::Timeout=600 "$@"
}

# lacks REASON: ends, where the machine is at fault and not the test.
lacks() { echo "$*" >&3; exit 3; }

trap 'code=$?; test $code -eq 0 -o $code -eq 3 || { echo "setup.sh $kind failed:" >&3; tail -40 "$place/setup.log" >&3; }' EXIT

# needs COMMAND PACKAGE...: installs Debian packages when the command is missing.
needs() {
  local command=$1
  shift
  command -v "$command" >/dev/null && return
  command -v apt-get >/dev/null && test "$(id -u)" = 0 || lacks "$command is missing: install $*"
  apt update && apt install -y --no-install-recommends "$@" || lacks "$command cannot be installed"
}

runs() {
  printf '#!/bin/sh\n%s\n' "$1" >"$place/run.new"
  chmod +x "$place/run.new"
  mv "$place/run.new" "$place/run"
}

go_handler() {
  cd "$here/go"
  CGO_ENABLED=0 go build -o "$place/bootstrap" .
  runs "exec '$place/bootstrap'"
}

python_handler() {
  needs python3 python3 python3-venv
  rm -rf "$place/venv"
  python3 -m venv "$place/venv"
  "$place/venv/bin/pip" install --disable-pip-version-check --no-input -r "$here/python/requirements.txt"
  runs "export PYTHONDONTWRITEBYTECODE=1
cd '$here/python'
exec '$place/venv/bin/python' -m awslambdaric \"\$@\""
}

# The client for Node has a native part, made of curl's sources while it is installed.
node_handler() {
  needs node nodejs npm
  needs npm npm
  test "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 || lacks "aws-lambda-ric needs Node 18, and this is $(node --version)"
  needs cmake cmake
  needs autoreconf autoconf automake libtool m4
  needs libtoolize libtool
  needs g++ g++ make
  cp "$here/node/package.json" "$here/node/package-lock.json" "$here/node/.npmrc" "$place/"
  cd "$place"
  # The headers of Node lie where Debian's and NodeSource's packages put them; node-gyp would download them.
  headers=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
  if test -e "$headers/include/node/node.h"; then export npm_config_nodedir=$headers; fi
  npm ci --no-audit --no-fund --foreground-scripts || lacks "aws-lambda-ric does not build here: $(grep -m1 'npm error' "$place/setup.log" || true)"
  runs "cd '$here/node'
exec '$place/node_modules/.bin/aws-lambda-ric' \"\$@\""
}

# Not a handler but what stands before one in the images of AWS: the Runtime Interface Emulator, which is a Go program.
rie_handler() {
  cd "$place"
  CGO_ENABLED=0 GOBIN=$place go install github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie@v0.0.0-20261030222936-bef5c4ba774d ||
    lacks "the Runtime Interface Emulator does not build here"
  runs "exec '$place/aws-lambda-rie' \"\$@\""
}

test -x "$place/run" || "${kind}_handler"
echo "$place/run" >&3
