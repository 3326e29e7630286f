package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice"
)

func seeded(names ...string) sluice.Option {
	var seeds []sluice.StreamSeed
	for _, name := range names {
		seeds = append(seeds, sluice.StreamSeed{Name: name, Shards: 2})
	}
	return sluice.WithStreams(seeds...)
}

// object decodes one JSON object and refuses members that nobody promised.
func object[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&v), text)
	require.False(t, d.More(), text)
	return v
}

func TestStreamsCreateDelete(t *testing.T) {
	w := newWorld(t)
	var talk strings.Builder
	code := run(t.Context(), []string{"streams", "--endpoint", w.Endpoint()}, nil, &strings.Builder{}, &talk, env())
	require.Equal(t, exitFine, code)
	require.Contains(t, talk.String(), "there are no streams in us-east-1 at "+w.Endpoint()+"; make one with `sluice create NAME`")
	require.Equal(t, `{"items":[]}`+"\n", w.ok("streams", "--json"))

	made := object[stream](t, w.ok("create", "orders", "--shards", "3", "--retention", "48h", "--tag", "team=billing,env=test", "--json"))
	require.Equal(t, []any{"orders", "ACTIVE", "provisioned", int32(3), int32(48)}, []any{made.Name, made.Status, made.Mode, made.Shards, made.RetentionHours})
	require.Contains(t, w.fails(exitFailed, "create", "orders"), "sluice: ResourceInUseException: Stream orders under account 000000000000 already exists.\nhint: it exists already")
	require.Contains(t, w.ok("create", "orders", "--if-missing"), "retention       48h0m0s\n")
	require.Contains(t, w.ok("create", "events", "--on-demand"), "mode            on-demand\n")
	require.Contains(t, w.fails(exitUsage, "create", "x", "--retention", "90m"), "--retention: 1h30m0s is not a number of whole hours")
	require.Contains(t, w.fails(exitUsage, "create", "x", "--shards", "1", "--on-demand"), "none of the others can be")
	require.Contains(t, w.fails(exitFailed, "create", "a b"), "ValidationException: 1 validation error detected: Value 'a b' at 'streamName'")

	require.Regexp(t, `^NAME    STATUS  MODE         CREATED\nevents  ACTIVE  on-demand    \d{4}-\S+Z\norders  ACTIVE  provisioned  \S+\n$`, w.ok("streams"))
	described := object[stream](t, w.ok("streams", "orders", "--json"))
	require.Equal(t, map[string]string{"team": "billing", "env": "test"}, described.Tags)
	require.Contains(t, w.ok("streams", "orders", "events"), "tags            env=test team=billing\n\nname            events\n")
	require.Contains(t, w.ok("streams", described.ARN), "orders")

	require.Empty(t, w.ok("delete", "orders"))
	require.Equal(t, `{"deleted":"events"}`+"\n", w.ok("delete", "events", "--json"))
	require.Contains(t, w.fails(exitFailed, "delete", "orders"), "ResourceNotFoundException: Stream orders under account 000000000000 not found.\nhint: `sluice streams --region us-east-1` lists the streams")
}

func TestVerbsAlsoStandBelowTheirNoun(t *testing.T) {
	w := newWorld(t)
	require.Contains(t, w.ok("streams", "create", "orders"), "ACTIVE")
	require.Contains(t, w.ok("streams", "put", "orders", "a"), "shardId-")
	require.Empty(t, w.ok("streams", "delete", "orders"))
}

// A change that does not end says so, and what may stand in its way.
func TestWaitingForAStream(t *testing.T) {
	w := newWorld(t, sluice.FrozenAt(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)), sluice.WithTransition(time.Minute))
	talk := w.fails(exitFailed, "create", "orders", "--timeout", "1ms")
	require.Contains(t, talk, "orders is still CREATING after 1ms\nhint: wait longer with --timeout; where service time is frozen")
	require.Contains(t, w.ok("create", "events", "--no-wait"), "CREATING")
	w.Clock().Step(time.Minute)
	require.Contains(t, w.ok("streams", "orders"), "ACTIVE")
	require.Contains(t, w.fails(exitFailed, "delete", "orders", "--timeout", "1ms"), "orders is still DELETING after 1ms")
}

func TestShardsSplitMergeScale(t *testing.T) {
	w := newWorld(t, seeded("orders"))
	const halves = "SHARD                 STATE  SHARE   HASH KEYS FROM                           PARENTS\n" +
		"shardId-000000000000  open   50.00%  0                                        \n" +
		"shardId-000000000001  open   50.00%  170141183460469231731687303715884105728  \n"
	require.Equal(t, halves, w.ok("shards", "orders"))

	require.Equal(t, "SHARD                 STATE  SHARE   PARENTS\n"+
		"shardId-000000000002  open   25.00%  shardId-000000000000\n"+
		"shardId-000000000003  open   25.00%  shardId-000000000000\n", w.ok("split", "orders", "0"))
	require.Equal(t, "SHARD                 STATE  SHARE   PARENTS\n"+
		"shardId-000000000004  open   75.00%  shardId-000000000003 shardId-000000000001\n", w.ok("merge", "orders", "shardId-000000000003", "1"))
	// The last shard of the space merges with the one before it.
	require.Contains(t, w.ok("merge", "orders", "4"), "open   100.00%  shardId-000000000002 shardId-000000000004")
	require.Contains(t, w.ok("split", "orders", "5", "--at", "1000"), "shardId-000000000006")
	// The hash of "a" begins the right half.
	require.Contains(t, w.ok("split", "orders", "7", "--at-key", "a"), "shardId-000000000009  open   95.02%")

	type listed struct{ Items []shard }
	list := object[listed](t, w.ok("shards", "orders", "--open", "--json")).Items
	require.Len(t, list, 3)
	require.Equal(t, []string{"shardId-000000000007"}, list[1].Parents)
	require.Equal(t, "16955237001963240173058271559858726497", list[2].StartingHashKey)

	require.Contains(t, w.fails(exitFailed, "split", "orders", "0"), "has already been merged or split")
	require.Contains(t, w.fails(exitFailed, "split", "orders", "77"), "orders has no shard 77\nhint: `sluice shards orders` lists them")
	require.Contains(t, w.fails(exitFailed, "merge", "orders", "6", "9"), "shardId-000000000006 and shardId-000000000009 are not neighbours")
	require.Contains(t, w.fails(exitFailed, "merge", "orders", "0"), "shardId-000000000000 has no open neighbour")

	scaled := object[stream](t, w.ok("scale", "orders", "7", "--json"))
	require.EqualValues(t, 7, scaled.Shards)
	require.EqualValues(t, 1, object[stream](t, w.ok("scale", "orders", "1", "--json")).Shards)
	require.Equal(t, "on-demand", object[stream](t, w.ok("scale", "orders", "on-demand", "--json")).Mode)
	require.Contains(t, w.fails(exitUsage, "scale", "orders", "many"), "many is not a number of shards, on-demand or provisioned")
}

func TestConsumers(t *testing.T) {
	w := newWorld(t, seeded("orders"))
	require.Equal(t, "NAME  STATUS  CREATED\n", w.ok("consumers", "orders"))
	require.Regexp(t, `^arn:aws:kinesis:us-east-1:000000000000:stream/orders/consumer/billing:\d+\n$`, w.ok("consumers", "register", "orders", "billing"))
	require.Regexp(t, `\nbilling  ACTIVE  \S+Z\n$`, w.ok("consumers", "orders"))
	type listed struct{ Items []consumer }
	require.Equal(t, "billing", object[listed](t, w.ok("consumers", "orders", "--json")).Items[0].Name)
	require.Contains(t, w.fails(exitFailed, "delete", "orders"), "hint: --consumers deletes its consumers with it")
	require.Equal(t, "audit", object[consumer](t, w.ok("consumers", "register", "orders", "audit", "--json")).Name)
	require.Equal(t, `{"deregistered":"billing"}`+"\n", w.ok("consumers", "deregister", "orders", "billing", "--json"))
	require.Empty(t, w.ok("delete", "orders", "--consumers"))
}

func TestWhereCommandsGo(t *testing.T) {
	w := newWorld(t, seeded("orders"))
	for _, c := range []struct {
		name string
		code int
		args []string
		want string
	}{
		{"nobody there", exitBlocked, []string{"streams", "--endpoint", "http://127.0.0.1:1"}, "nobody answers at http://127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused\nhint: start it with `sluice`"},
		{"not a URL", exitUsage, []string{"streams", "--endpoint", "localhost"}, "hint: `sluice streams --help` shows how it is used"},
		{"the real AWS", exitUsage, []string{"put", "x", "y", "--endpoint", "https://kinesis.us-east-1.amazonaws.com"}, "is the real AWS; say --aws if that is meant"},
		{"deleting elsewhere", exitFailed, []string{"delete", "orders", "--endpoint", "http://kinesis.example.com"}, "delete orders at http://kinesis.example.com needs a yes\nhint: say --yes if that is meant"},
		{"loading elsewhere", exitFailed, []string{"load", "orders", "--endpoint", "http://kinesis.example.com"}, "load records into orders at http://kinesis.example.com needs a yes"},
		{"an authority nobody trusts", exitFailed, []string{"streams", "--endpoint", strings.Replace(w.Endpoint(), "http:", "https:", 1)}, "is not trusted"},
		{"no arguments", exitUsage, []string{"put"}, "hint: `sluice put --help` shows how it is used"},
		{"too few arguments", exitUsage, []string{"scale", "orders"}, "sluice scale takes STREAM SHARDS|on-demand|provisioned; it was given 1 argument"},
		{"another region", exitFailed, []string{"get", "orders", "--region", "eu-west-1"}, "hint: `sluice streams --region eu-west-1` lists the streams of this account there"},
	} {
		t.Run(c.name, func(t *testing.T) { require.Contains(t, w.fails(c.code, c.args...), c.want) })
	}
	// Another region has other streams.
	require.Equal(t, `{"items":[]}`+"\n", w.ok("streams", "--json", "--region", "eu-west-1"))
}

func TestCompletionKnowsTheStreams(t *testing.T) {
	w := newWorld(t, seeded("orders", "clicks"))
	require.Equal(t, "clicks\norders\n:4\n", w.ok("__complete", "tail", ""))
	require.Contains(t, w.ok("__complete", "tail", "orders", "--format", ""), "text\nwide\nhex\njson\nraw\n")
	require.Contains(t, w.ok("__complete", "ta"), "tail\tPrint records as they come")
}

func TestHelpIsGrouped(t *testing.T) {
	code, out, _ := command(t, env(), "--help")
	require.Equal(t, exitFine, code)
	require.Contains(t, out, "The server:\n")
	require.Contains(t, out, "Streams, here or on any Kinesis endpoint:\n  consumers ")
}

func TestHelpOfACommand(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"help", "doctor"}, {"help", "snapshot", "save"}, {"help", "help"}} {
		code, out, talk := command(t, env(), args...)
		require.Equal(t, exitFine, code, talk)
		require.Contains(t, out, "Usage:\n  sluice", args)
	}
	code, _, talk := command(t, env(), "help", "docter")
	require.Equal(t, exitUsage, code)
	require.Equal(t, "sluice: \"docter\" is no command\nhint: `sluice help --help` shows how it is used\n", talk)
}
