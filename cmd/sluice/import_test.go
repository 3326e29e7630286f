package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice"
)

const imported = `
Resources:
  Orders: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 2, RetentionPeriodHours: 48}}
  Reader: {Type: AWS::Kinesis::StreamConsumer, Properties: {ConsumerName: reader, StreamARN: !GetAtt Orders.Arn}}
  Here: {Type: AWS::Lambda::Function, Properties: {Runtime: provided.al2023, Handler: x, Timeout: 9, Code: ./code, Environment: {Variables: {LEVEL: b}}}}
  There:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://bucket/key
      Events:
        Orders: {Type: Kinesis, Properties: {Stream: !GetAtt Orders.Arn, StartingPosition: LATEST, BatchSize: 7}}
  Lost: {Type: AWS::Lambda::Function, Properties: {Runtime: provided.al2023, Handler: x, Code: ./nowhere}}
  FanOut: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref Here, EventSourceArn: !GetAtt Reader.ConsumerARN, StartingPosition: LATEST}}
  Bad: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: nobody, EventSourceArn: !GetAtt Orders.Arn, StartingPosition: LATEST}}
  Table: {Type: AWS::DynamoDB::Table}
`

func TestImport(t *testing.T) {
	w := newWorld(t, func(c *sluice.Config) { c.AllowExec = true })
	dir := t.TempDir()
	path := filepath.Join(dir, "template.yaml")
	require.NoError(t, os.WriteFile(path, []byte(imported), 0o600))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "code"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "code", "bootstrap"), []byte("#!/bin/sh\nexit 3\n"), 0o755))

	require.Regexp(t, `planned +stream +Orders +Orders\n`, w.ok("import", path, "--dry-run"))
	require.Equal(t, `{"items":[]}`+"\n", w.ok("streams", "--json"))

	var out talk
	code, said := w.run(t.Context(), nil, &out, "import", path, "--function", "There=http://127.0.0.1:9/x", "--json")
	require.Equal(t, exitFailed, code, out.String())
	require.Contains(t, said, "not everything could be made")
	type listed struct{ Items []importRow }
	results := map[string]importRow{}
	for _, r := range object[listed](t, out.String()).Items {
		results[r.ID] = r
	}
	for id, want := range map[string]string{"Orders": "made", "Reader": "made", "Here": "made", "There": "made", "Lost": "skipped", "FanOut": "made",
		"There.Events.Orders": "made", "Bad": "failed", "Table": "skipped"} {
		require.Equal(t, want, results[id].Result, "%v", results[id])
	}
	require.Contains(t, results["Bad"].Why, "Function does not exist")
	require.Contains(t, results["Lost"].Why, "its code is not there")
	require.Contains(t, results["Lost"].Why, "--function Lost=URL")
	require.Contains(t, w.ok("streams", "Orders"), "retention       48h0m0s")
	require.Contains(t, w.ok("functions"), "There  30s      http http://127.0.0.1:9/x\n")
	require.Contains(t, w.ok("functions"), "Here   9s       code for provided.al2023\n")

	out = talk{}
	_, _ = w.run(t.Context(), nil, &out, "import", path, "--json")
	for _, r := range object[listed](t, out.String()).Items {
		results[r.ID] = r
	}
	for _, id := range []string{"Orders", "Reader", "Here", "There", "FanOut", "There.Events.Orders"} {
		require.Equal(t, "exists", results[id].Result, "%v", results[id])
	}
	require.Contains(t, w.fails(exitUsage, "import", filepath.Join(dir, "missing.yaml")), "no such file")
	require.Contains(t, w.fails(exitUsage, "import", path, "--function", "Nobody=http://x"), "the template has no function Nobody")
	require.Contains(t, w.fails(exitUsage, "import", path, "--parameter", "A=b"), "the template has no parameter A")
}
