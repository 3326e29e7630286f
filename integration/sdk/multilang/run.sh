#!/bin/sh
# Runs the daemon with its defaults: run.sh STREAM APPLICATION WORKER MODE. SLUICE_PLACE is where the set-up put its files.
here=$(dirname "$0")
properties=$(mktemp)
cat >"$properties" <<END
executableName = node $here/worker.cjs
streamName = $1
applicationName = $2
workerId = $3
AwsCredentialsProvider = DefaultCredentialsProvider
initialPositionInStream = TRIM_HORIZON
regionName = $AWS_REGION
retrievalMode = $(test "$4" = polling && echo POLLING || echo FANOUT)
END
export NODE_PATH="$SLUICE_PLACE/node_modules"
exec java -Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dlogback.configurationFile="$here/logback.xml" \
  -cp "$(cat "$SLUICE_PLACE/classpath")" software.amazon.kinesis.multilang.MultiLangDaemon --properties-file "$properties"
