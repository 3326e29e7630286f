#!/usr/bin/env bash
# Installs one client program's tools and prints the path of the script that runs it.
#
#   setup.sh CLIENT [VERSION]
#
# CLIENT is go, boto3, parquet, awscli, js, java-sync, java-async, kpl, kcl, kcl1, dynalite, vmware, multilang, rust, harlow, benthos, tofu, aggregate, awswrangler or moto. VERSION is a version of its
# SDK; without one the exact versions pinned beside the program are used. "awscli debian" is the version 2 that Debian
# packages. Everything is kept in one cache folder, so that only the first run downloads and compiles; what the machine
# lacks comes from its own package manager.
set -euo pipefail

client=${1:?usage: setup.sh CLIENT [VERSION]}
version=${2:-pinned}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${SLUICE_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sluice-test}

# inputs: the files that a client's set-up is made from.
inputs() {
  case $client in
    boto3 | awscli | aggregate | awswrangler | moto | parquet) echo "$here/python/requirements-$client.txt" ;;
    js) echo "$here/js/package-lock.json" ;;
    java-sync | java-async) echo "$here/java/pom.xml" "$here"/java/src/main/java/sluice/*.java ;;
    kpl) echo "$here/kpl/pom.xml" "$here/kpl/src/main/java/sluice/Producer.java" ;;
    dynalite) echo "$here/dynalite/package-lock.json" "$here/dynalite/serve.cjs" ;;
    multilang) echo "$here/multilang/pom.xml" "$here/multilang/package-lock.json" "$here/multilang/run.sh" ;;
    kcl | kcl1) echo "$here/$client/pom.xml" "$here/$client/src/main/java/sluice/Consumer.java" ;;
    rust) echo "$here/rust/Cargo.toml" "$here/rust/Cargo.lock.pins" "$here"/rust/src/*.rs ;;
    tofu) echo "$here"/tofu/provider/* ;;
    go | harlow | vmware | versitygw | benthos) echo "$here/$client"/*.go "$here/$client/go.mod" "$here/$client/go.sum" ;;
    *) echo "no such client: $client" >&2 && exit 2 ;;
  esac
}

# A place is never changed once it is made: its name tells what went in, this very checkout included, so that two
# checkouts or an edit beside a running test do not pull the rug from under each other.
files=$(inputs)
made_from=$({ echo "$here" && cat "$here/setup.sh" $files; } | sha256sum | cut -c1-12)
place=$cache/$client-$version-$made_from
mkdir -p "$place"

# One set-up at a time: two cores gain nothing from two compilers. The answer goes to the caller, all talk to the log,
# which is not opened before that: it may be the log of the one that is at work.
exec 3>&1 9>"$cache/lock"
flock 9
exec >"$place/setup.log" 2>&1
trap 'test $? -eq 0 || { echo "setup.sh $client $version failed:" >&3; tail -40 "$place/setup.log" >&3; }' EXIT

fail() { echo "$*"; exit 1; }

# A registry that does not answer is asked again, for minutes: it is not what is tested here.
export PIP_RETRIES=10 PIP_DEFAULT_TIMEOUT=60 npm_config_fetch_retries=8 CARGO_NET_RETRY=10
maven() { mvn -q -B -ntp -Daether.connector.http.retryHandler.count=8 -Dmaven.wagon.http.retryHandler.count=8 "$@"; }

# apt ARGUMENT...: apt-get, one at a time: it gives up where another one runs, as that of a handler's set-up may.
apt() {
  DEBIAN_FRONTEND=noninteractive flock "$cache/apt-lock" apt-get -o Acquire::Retries=5 -o DPkg::Lock::Timeout=600 "$@"
}

# patiently COMMAND...: for what downloads and does not try twice by itself.
patiently() {
  local again
  for again in 5 20 60; do
    "$@" && return
    sleep "$again"
  done
  "$@"
}

# need COMMAND PACKAGE...: installs Debian packages when the command is missing.
need() {
  local command=$1
  shift
  command -v "$command" >/dev/null && return
  command -v apt-get >/dev/null || fail "$command is missing and this machine has no apt-get: install $*"
  test "$(id -u)" = 0 || fail "$command is missing: run apt-get install $*"
  apt update && apt install -y --no-install-recommends "$@"
  command -v "$command" >/dev/null || fail "$command is still missing after apt-get install $*"
}

# runs SCRIPT: writes the script that runs the program. Its being there says that the place is complete.
runs() {
  printf '#!/bin/sh\n%s\n' "$1" >"$place/run.new"
  chmod +x "$place/run.new"
  mv "$place/run.new" "$place/run"
}

python() {
  local requirements=$here/python/requirements-$client.txt package=boto3
  test "$client" = awscli && package=awscli
  test "$client" = aggregate && package=aws-kinesis-agg
  need python3 python3 python3-venv
  # Debian ships venv apart from python3: the module is there, but cannot make an environment with pip in it.
  python3 -c 'import ensurepip' || { test "$(id -u)" = 0 && apt update && apt install -y python3-venv; } ||
    fail "python3 has no venv: run apt-get install python3-venv"
  if test "$client $version" = "awscli debian"; then
    # Version 2 of the command line is in no package index; Debian builds one.
    need /usr/bin/aws awscli
    runs "export PYTHONDONTWRITEBYTECODE=1 PATH=/usr/bin:\"\$PATH\"
exec python3 '$here/python/awscli_client.py' \"\$@\""
    return
  fi
  rm -rf "$place/venv"
  python3 -m venv "$place/venv"
  if test "$version" = pinned; then
    "$place/venv/bin/pip" install --disable-pip-version-check --no-input -r "$requirements"
  else
    "$place/venv/bin/pip" install --disable-pip-version-check --no-input "$package==$version"
  fi
  if test "$client" = moto; then
    runs "exec '$place/venv/bin/moto_server' \"\$@\""
    return
  fi
  runs "export PYTHONDONTWRITEBYTECODE=1 PATH='$place/venv/bin':\"\$PATH\"
exec '$place/venv/bin/python' '$here/python/'\"\${SLUICE_PROGRAM:-${client}_client.py}\" \"\$@\""
}

js() {
  need node nodejs npm
  need npm npm
  local node=node
  if test "$(node -p 'process.versions.node.split(".")[0]')" -lt 20; then
    # The SDK needs Node 20. Debian 12 has 18, whose npm brings a newer one as a package.
    npm install --prefix "$place/node" --no-audit --no-fund node@22.23.3
    node="'$place/node/node_modules/node/bin/node'"
  fi
  rm -rf "$place/node_modules"
  cp "$here/js/package.json" "$here/js/package-lock.json" "$here/js/.npmrc" "$place/"
  cd "$place"
  if test "$version" = pinned; then
    npm ci --no-audit --no-fund
  else
    npm install --no-audit --no-fund --save-exact "@aws-sdk/client-kinesis@$version"
  fi
  runs "export NODE_PATH='$place/node_modules' NODE_EXTRA_CA_CERTS=\"\$SLUICE_CA\"
exec $node '$here/js/'\"\${SLUICE_PROGRAM:-client.cjs}\" \"\$@\""
}

java() {
  need javac default-jdk-headless
  need mvn maven
  local pick=()
  test "$version" = pinned || pick=("-Dawssdk.version=$version")
  maven -f "$here/java/pom.xml" "-Dbuild.folder=$place/build" "${pick[@]}" \
    compile dependency:build-classpath "-Dmdep.outputFile=$place/classpath"
  # The JVM trusts what its key store says; C1 alone starts fastest.
  runs "store=\"\$SLUICE_CA.\$\$.p12\"
keytool -importcert -noprompt -alias sluice -file \"\$SLUICE_CA\" -keystore \"\$store\" -storetype PKCS12 \\
  -storepass changeit >/dev/null 2>&1
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Djavax.net.ssl.trustStore=\"\$store\" \\
  -Djavax.net.ssl.trustStorePassword=changeit -cp '$place/build/classes':\"\$(cat '$place/classpath')\" \\
  sluice.\${SLUICE_PROGRAM:-Main} $client"
}

# The producer library brings its native program for Linux and macOS, which needs no more than a C library. It unpacks
# that below the folder it is told, once.
kpl() {
  need javac default-jdk-headless
  need mvn maven
  local pick=()
  test "$version" = pinned || pick=("-Dkpl.version=$version")
  maven -f "$here/kpl/pom.xml" "-Dbuild.folder=$place/build" "${pick[@]}" \
    compile dependency:build-classpath "-Dmdep.outputFile=$place/classpath"
  mkdir -p "$cache/kpl"
  runs "export SLUICE_KPL_FOLDER='$cache/kpl'
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '$place/build/classes':\"\$(cat '$place/classpath')\" sluice.Producer"
}

# In memory dynalite needs no native code, so that nothing is compiled.
dynalite() {
  need node nodejs npm
  need npm npm
  rm -rf "$place/node_modules"
  cp "$here/dynalite/package.json" "$here/dynalite/package-lock.json" "$here/dynalite/.npmrc" "$place/"
  cd "$place"
  npm ci --ignore-scripts --no-audit --no-fund
  runs "export NODE_PATH='$place/node_modules'
exec node '$here/dynalite/serve.cjs'"
}

# A worker of the consumer library: what it logs carries no time but its own, and its heap is small, as several run at once.
kcl() {
  need javac default-jdk-headless
  need mvn maven
  local pick=()
  test "$version" = pinned || pick=("-Dkcl.version=$version")
  maven -f "$here/$client/pom.xml" "-Dbuild.folder=$place/build" "${pick[@]}" \
    compile dependency:build-classpath "-Dmdep.outputFile=$place/classpath"
  runs "exec java -Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dorg.slf4j.simpleLogger.showDateTime=true \
  -Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS -cp '$place/build/classes':\"\$(cat '$place/classpath')\" sluice.Consumer \"\$@\""
}

# The consumer library's daemon for other languages, with a worker in JavaScript.
multilang() {
  need javac default-jdk-headless
  need mvn maven
  need node nodejs npm
  need npm npm
  local pick=()
  test "$version" = pinned || pick=("-Dkcl.version=$version")
  maven -f "$here/multilang/pom.xml" "-Dbuild.folder=$place/build" "${pick[@]}" \
    dependency:build-classpath "-Dmdep.outputFile=$place/classpath"
  cp "$here/multilang/package.json" "$here/multilang/package-lock.json" "$here/multilang/.npmrc" "$place/"
  (cd "$place" && npm ci --ignore-scripts --no-audit --no-fund)
  runs "export SLUICE_PLACE='$place'
exec '$here/multilang/run.sh' \"\$@\""
}

# The newest SDK needs Rust 1.94, which no Debian has: where there is no cargo, its rustup gets one.
rust() {
  if ! command -v cargo >/dev/null; then
    need rustup rustup
    rustup toolchain install stable --profile minimal
  fi
  need cc gcc libc6-dev
  rm -rf "$place/src"
  mkdir -p "$place/src"
  cp -r "$here/rust/Cargo.toml" "$here/rust/src" "$place/src/"
  cd "$place/src"
  if test "$version" = pinned; then
    # The pins are a lock file without its source lines: take the line from a fresh one that this cargo writes.
    cargo generate-lockfile
    local source
    source=$(grep -m1 '^source = ' Cargo.lock)
    awk -v source="$source" '
      /^\[\[package\]\]/ { own = 0 }
      /^name = "sluice-client-rust"/ { own = 1 }
      { print }
      /^version = "/ && !own { print source }' "$here/rust/Cargo.lock.pins" >Cargo.lock
  else
    sed -i "s/^aws-sdk-kinesis = .*/aws-sdk-kinesis = \"=$version\"/" Cargo.toml
  fi
  cargo build "--target-dir=$cache/rust-target" $(test "$version" = pinned && echo --locked) ||
    fail "the Rust SDK did not build with $(cargo --version); its newest versions need Rust 1.94"
  cp "$cache/rust-target/debug/sluice-client-rust" "$place/client"
  runs "export SSL_CERT_FILE=\"\$SLUICE_CA\"
exec '$place/client'"
}

# go_module FOLDER MODULE: builds a nested Go module, with another version of MODULE when one is asked for.
go_module() {
  need go golang-go
  rm -rf "$place/src"
  cp -r "$here/$1" "$place/src"
  cd "$place/src"
  test "$version" = pinned || { go get "$2@$version" && go mod tidy; }
  CGO_ENABLED=0 patiently go build -o "$place/client" .
  runs "export AWS_CA_BUNDLE=\"\$SLUICE_CA\" SSL_CERT_FILE=\"\$SLUICE_CA\"
exec '$place/client' \"\$@\""
}

# OpenTofu and a provider of AWS resources, each from its module; a copy of the first, which replaces a module and so can
# be built in no other. The modules' checksums are looked up like those of any.
tofu() {
  need go golang-go
  rm -rf "$place/src" "$place/provider"
  local from
  from=$(cd "$here/tofu/provider" && GOFLAGS=-mod=mod go mod download -json github.com/opentofu/opentofu@v1.12.6 | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
  cp -r "$from" "$place/src"
  chmod -R u+w "$place/src"
  (cd "$place/src" && CGO_ENABLED=0 go build -o "$place/tofu" ./cmd/tofu)
  rm -rf "$place/src"
  cp -r "$here/tofu/provider" "$place/provider"
  (cd "$place/provider" && CGO_ENABLED=0 go build -o "$place/bin/terraform-provider-aws" .)
  printf 'provider_installation {\n  dev_overrides { "hashicorp/aws" = "%s" }\n  direct {}\n}\n' "$place/bin" >"$place/tofurc"
  runs "export TF_CLI_CONFIG_FILE='$place/tofurc' CHECKPOINT_DISABLE=1
exec '$place/tofu' \"\$@\""
}

test -x "$place/run" || case $client in
  boto3 | awscli | aggregate | awswrangler | moto | parquet) python ;;
  js) js ;;
  java-sync | java-async) java ;;
  kpl) kpl ;;
  kcl | kcl1) kcl ;;
  multilang) multilang ;;
  dynalite) dynalite ;;
  rust) rust ;;
  go) go_module go github.com/aws/aws-sdk-go-v2/service/kinesis ;;
  harlow) go_module harlow github.com/harlow/kinesis-consumer ;;
  vmware) go_module vmware github.com/vmware/vmware-go-kcl-v2 ;;
  benthos) go_module benthos github.com/benthosdev/benthos/v4 ;;
  tofu) tofu ;;
  versitygw) go_module versitygw github.com/versity/versitygw ;;
esac
echo "$place/run" >&3
