package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"

	"sluice"
	"sluice/cmd/sluice/streams"
)

func TestScreen(t *testing.T) {
	require.Equal(t, "ab\ncd", screen("ab\r\ncd"))
	require.Equal(t, "done", screen("work 10 %\r\x1b[2K\rwork 90 %\r\x1b[Kdone\x1b[0m"))
	require.Equal(t, "  99%\nx", screen("█ 50%\r  99%\r\nx"))
}

// input is a file with a text.
func (w *world) input(text string) *os.File {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "input")
	require.NoError(w.t, os.WriteFile(path, []byte(text), 0o600))
	f, err := os.Open(path)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = f.Close() })
	return f
}

// slow makes puts take their time, so that there is progress to be seen.
func (w *world) slow(operation string) {
	w.t.Helper()
	_, err := w.Faults().Add(sluice.FaultRule{Match: sluice.FaultMatch{Operation: operation}, Effect: sluice.FaultEffect{Latency: 60 * time.Millisecond}})
	require.NoError(w.t, err)
}

// hold lets so many calls of an operation through and holds the next, so that
// a command cannot have ended before it is interrupted.
func (w *world) hold(operation string, after int64) (letGo func()) {
	w.t.Helper()
	rule, err := w.Faults().Add(sluice.FaultRule{Match: sluice.FaultMatch{Operation: operation}, When: sluice.FaultWhen{After: after},
		Effect: sluice.FaultEffect{Latency: time.Hour}})
	require.NoError(w.t, err)
	return func() { _, there := w.Faults().Delete(rule.ID); require.True(w.t, there) }
}

func TestPutAtATerminal(t *testing.T) {
	w := newWorld(t, seeded("orders"))
	s := w.sit(nil, "put", "orders", "--key", "k")
	s.sees("one record a line; ctrl-D ends")
	s.types("first\nsecond\n\x04")
	require.Contains(t, s.ends(exitFine), "\nput 2 records, 11 bytes, into orders\n")

	w.slow("PutRecords")
	s = w.sit(w.input(lines(0, 5000)), "put", "orders")
	s.sees("█")
	s.sees("%")
	require.Equal(t, "put 5000 records, 29 KiB, into orders\n", s.ends(exitFine), "nothing is left of the bar")

	w.hold("PutRecords", 4)
	s = w.sit(w.input(lines(0, 100_000)), "put", "orders", "--key", "k")
	s.sees("records")
	s.types("\x03")
	require.Regexp(t, `^(\^C)?taken before that: \d+ records\nof the input the first \d+ bytes are settled; .tail -c \+\d+. of it is what is left\nsluice: interrupted\n$`, s.ends(exitFailed))
}

func TestTailAtATerminal(t *testing.T) {
	w := newWorld(t, seeded("orders"))
	w.ok("put", "orders", "one", "two", "--key", "k")
	s := w.sit(nil, "tail", "orders", "--from", "trim-horizon")
	s.sees("one\r\ntwo\r\n")
	w.ok("put", "orders", "three\x1b[31m", "--key", "k")
	s.sees(`three\x1b[31m`)
	s.types("\x03")
	require.Regexp(t, `^one\ntwo\nthree\\x1b\[31m\n(\^C)?stopped after 3 records; --from \S+Z goes on, with the records of that millisecond once more\n$`, s.ends(exitFine))

	s = w.sit(nil, "tail", "orders", "--shard", "1", "--from", "trim-horizon")
	s.sees("two")
	s.types("\x03")
	left := s.ends(exitFine)
	require.Contains(t, left, "--shard shardId-000000000001 --from after:")
	_, from, _ := strings.Cut(left, "--from ")
	from, _, _ = strings.Cut(from, " ")
	w.ok("put", "orders", "four", "--key", "k")
	require.Equal(t, "four\n", w.ok("tail", "orders", "--shard", "1", "--from", from, "--limit", "1"))
	require.Equal(t, "stopped before the first record", goOn(0, streams.Record{}, ""))
}

func TestDumpAndLoadAtATerminal(t *testing.T) {
	w := newWorld(t, seeded("orders", "copy"))
	w.in(lines(0, 3000), "put", "orders")
	dir := t.TempDir()
	path := filepath.Join(dir, "saved.jsonl")
	w.slow("GetRecords")
	s := w.sit(nil, "dump", "orders", "--output", path)
	require.Equal(t, "dumped 3000 records of orders\n", s.ends(exitFine))
	require.Contains(t, s.bytes(), "records", "there was a counter")
	letGo := w.hold("GetRecords", 0)
	half := filepath.Join(dir, "half.jsonl")
	s = w.sit(nil, "dump", "orders", "--output", half)
	require.Eventually(t, func() bool { _, err := os.Stat(half); return err == nil }, time.Minute, 5*time.Millisecond)
	s.types("\x03")
	require.Regexp(t, `^(\^C)?dumped 0 records of orders before it ended; --resume goes on\nsluice: interrupted\n$`, s.ends(exitFailed))
	letGo()
	require.Equal(t, "dumped 3000 records of orders\n", w.sit(nil, "dump", "orders", "--output", half, "--resume").ends(exitFine))
	s = w.sit(nil, "dump", "orders", "--output", path)
	require.Equal(t, "sluice: "+path+" is there already\nhint: --resume goes on behind what it holds; or write to another file\n", s.ends(exitFailed))

	w.slow("PutRecords")
	letGo = w.hold("PutRecords", 4) // a bar that is redrawn ten times a second has something to show by then
	s = w.sit(nil, "load", "copy", path)
	s.sees("█")
	s.types("\x03")
	left := s.ends(exitFailed)
	letGo()
	require.Regexp(t, `^(\^C)?taken before that: \d+ records\nsluice: interrupted\nhint: the same command with --resume goes on\n$`, left)
	require.Contains(t, w.sit(nil, "load", "copy", path).ends(exitFailed), "hint: --resume goes on from there, --restart begins anew\n")
	require.Regexp(t, `^put \d+ records, \d+ (KiB|bytes), into copy\n$`, w.sit(nil, "load", "copy", path, "--resume").ends(exitFine))
	w.Faults().Clear()
	// A call that was interrupted may have been taken before its answer came; its records are sent again.
	taken := map[string]bool{}
	for line := range strings.Lines(w.ok("get", "copy", "--jq", ".data")) {
		taken[line] = true
	}
	require.Len(t, taken, 3000)
}

// The other commands, as they look to who types them.
func TestCommandsAtATerminal(t *testing.T) {
	w := newWorld(t, seeded("orders"))
	require.NoError(t, w.CreateBucket(t.Context(), "landing"))
	require.NoError(t, w.RegisterFunction("echo", func(_ context.Context, event []byte) ([]byte, error) { return event, nil }))
	_, err := firehose.NewFromConfig(w.AWSConfig()).CreateDeliveryStream(t.Context(), &firehose.CreateDeliveryStreamInput{
		DeliveryStreamName: aws.String("clicks"), ExtendedS3DestinationConfiguration: &types.ExtendedS3DestinationConfiguration{
			BucketARN: aws.String("arn:aws:s3:::landing"), RoleARN: aws.String("arn:aws:iam::000000000000:role/delivery")}})
	require.NoError(t, err)
	folder := t.TempDir()
	local, export := filepath.Join(folder, "a.txt"), filepath.Join(folder, "before.sluice")
	require.NoError(t, os.WriteFile(local, []byte("an object\n"), 0o600))
	w.ok("put", "orders", "a", "--key", "k")
	for _, c := range []struct {
		args string
		want string // a pattern over the whole screen
	}{
		{"create more --shards 2", `^name .*more\n(.*\n)+$`},
		{"get orders", `^\S+Z  shardId-000000000001  k +a\n$`},
		{"delete more", `more`},
		{"functions", `^NAME .*\necho .*\n$`},
		{"invoke echo -p [1]", `^\[1\]\n$`},
		{"logs echo", `^START RequestId: \S+ Version: \$LATEST\nEND .*\nREPORT .*\n$`},
		{"s3 cp " + local + " s3://landing/a.txt", `a\.txt`},
		{"s3 ls", `landing`},
		{"s3 ls s3://landing", `a\.txt`},
		{"s3 cat s3://landing/a.txt", `^an object\n$`},
		{"firehose flush clicks", `^delivered 0 records \(0 bytes\) as 0 objects; 0 of the records could not be processed\n$`},
		{"heat orders", `^SHARD .*\n(shardId-\d{12} .*\n)+`},
		{"shards orders", `^SHARD .*\nshardId-000000000000 .*\nshardId-000000000001 .*\n$`},
		{"split orders 0", `shardId-000000000002.*\n(.*\n)*`},
		{"merge orders 2 3", `shardId-000000000004`},
		{"scale orders 4", `4`},
		{"consumers register orders billing", `billing`},
		{"consumers orders", `^NAME .*\nbilling .*\n$`},
		{"consumers deregister orders billing", `^(.*\n)?$`},
		{"clock", `^\S+Z running, offset 0s\n(next due \S+\n)?$`},
		{"clock freeze", `^\S+Z frozen, offset \S+\n`},
		{"clock advance 25h", `^\S+Z frozen, offset 2[45]h\S+\n`},
		{"clock resume", `^\S+Z running, `},
		{"fault add --id f --operation PutRecord --throttle", `^f\n$`},
		{"fault", `^ID .*\nf .*\n$`},
		{"fault delete f", `^f has seen 0 calls and struck 0\n$`},
		{"fault", `^there are no fault rules; make one with .sluice fault add.\n$`},
		{"limits x10", `^x10\n$`},
		{"limits", `^x10\n$`},
		{"snapshot save before", `before`},
		{"snapshot list", `^NAME .*\nbefore .*\n$`},
		{"snapshot export before --output " + export, `before`},
		{"snapshot import " + export + " again", `again`},
		{"snapshot restore before", `before`},
		{"snapshot delete before", `before|^$`},
		{"streams", `^NAME .*\norders .*\n$`},
		{"completion bash", `# bash completion`},
		{"reset", `1`},
		{"streams", `there are no streams`},
		{"version", `dev`},
		{"health", `^ok dev\n$`},
		{"ops", `OPERATION`},
	} {
		s := w.sit(nil, strings.Fields(c.args)...)
		left := s.ends(exitFine)
		require.Regexp(t, c.want, left, c.args)
		require.NotRegexp(t, `\x1b\[[0-9;]*m`, s.bytes(), "%s: plain text, whether or not NO_COLOR is set", c.args)
		for line := range strings.Lines(left) {
			require.Equal(t, strings.TrimRight(line, " \n"), strings.TrimRight(line, "\n"), "%s: blanks at the end of %q", c.args, line)
		}
		t.Logf("$ sluice %s\n%s", c.args, left[:min(len(left), 1200)])
	}
}

// With NO_COLOR a bar is still a bar, but nothing is coloured.
func TestNoColour(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	w := newWorld(t, seeded("orders"))
	w.slow("PutRecords")
	s := w.sit(w.input(lines(0, 3000)), "put", "orders")
	require.Equal(t, "put 3000 records, 17 KiB, into orders\n", s.ends(exitFine))
	require.NotRegexp(t, `\x1b\[[0-9;]*m`, s.bytes())
}

// To anything but this machine a person is asked.
func TestConsentAtATerminal(t *testing.T) {
	w := newWorld(t)
	s := w.sit(nil, "delete", "orders", "--endpoint", "http://kinesis.example.com")
	s.sees("[y/N] ")
	s.types("n\n")
	require.Contains(t, s.ends(exitFailed), "sluice: nothing was done\n")
}
