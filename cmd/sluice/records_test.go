package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice"
	"sluice/cmd/sluice/streams"
	"sluice/internal/clock"
)

func TestPut(t *testing.T) {
	w := newWorld(t, sluice.WithStreams(sluice.StreamSeed{Name: "orders", Shards: 1}))
	for _, c := range []struct {
		name, input string
		args        []string
		want        []string // "key data", "?" for a random key
	}{
		{"arguments", "", []string{"one", "two", "--key", "k"}, []string{"k one", "k two"}},
		{"lines", "one\r\ntwo\n\nlast", nil, []string{"? one", "? two", "? ", "? last"}},
		{"a key before each line", "a\tone\nb\ttwo\tx\n", []string{"--key-separator", `\t`}, []string{"a one", "b two\tx"}},
		{"a key from JSON", `{"id":7}` + "\n" + `{"id":"x"}`, []string{"--key-jq", ".id"}, []string{`7 {"id":7}`, `x {"id":"x"}`}},
		{"JSON records", `{"partitionKey":"a","data":"YQ=="}` + "\n\n" + `{"text":"b"}` + "\n" + `{"json":{"c": 1},"partitionKey":"c"}`, []string{"--input", "json", "--key", "other"},
			[]string{"a a", "other b", `c {"c":1}`}},
		{"nothing", "", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			mark := strings.TrimSpace(w.ok("put", "orders", "mark", "--key", "mark"))
			_, sequence, _ := strings.Cut(mark, "  ")
			w.in(c.input, append([]string{"put", "orders"}, c.args...)...)
			var have []string
			for line := range strings.Lines(w.ok("get", "orders", "--shard", "0", "--from", "after:"+sequence, "--json")) {
				r := object[streams.Record](t, line)
				if len(r.PartitionKey) == 36 {
					r.PartitionKey = "?"
				}
				have = append(have, r.PartitionKey+" "+string(r.Data))
			}
			require.Equal(t, c.want, have)
		})
	}
}

func TestPutTellsWhatItDid(t *testing.T) {
	w := newWorld(t, seeded("orders"))
	require.Regexp(t, `^(shardId-00000000000[01]  \d{56}\n){2}$`, w.ok("put", "orders", "a", "b"))
	require.Regexp(t, `^\{"partitionKey":"k","sequenceNumber":"\d{56}","shardId":"shardId-00000000000[01]"\}\n$`, w.ok("put", "orders", "a", "--key", "k", "--json"))
	require.Equal(t, `{"records":2,"bytes":3,"resent":0,"shards":{"shardId-000000000000":2}}`+"\n", w.in("a\nbc\n", "put", "orders", "--hash-key", "0", "--json"))
	require.Equal(t, `{"records":20000,"bytes":120000,"resent":0,"shards":{"shardId-000000000000":20000}}`+"\n",
		w.in(lines(0, 20_000), "put", "orders", "--hash-key", "0", "--json"))
	require.Equal(t, lines(19_990, 20_000), w.ok("get", "orders", "--jq", `.data | select(length == 6 and . >= "019990")`), "the order of a key is kept")

	for _, c := range []struct {
		want string
		code int
		in   string
		args []string
	}{
		{"line 2: not a record", exitFailed, `{"text":"a"}` + "\nb", []string{"--input", "json"}},
		{"line 1: there is no \"\\t\" to end the key", exitFailed, "a", []string{"--key-separator", `\t`}},
		{"line 1: --key-jq finds no key in it", exitFailed, "{}", []string{"--key-jq", ".x"}},
		{"line 1: --key-jq: expected an object but got: string", exitFailed, "x y", []string{"--key-jq", ".x"}},
		{"--jq: unexpected token", exitUsage, "", []string{"--key-jq", "]"}},
		{`--input: "xml" is neither lines nor json`, exitUsage, "", []string{"--input", "xml"}},
		{"--aggregate: it cannot go with --ordered", exitUsage, "", []string{"--aggregate", "--ordered"}},
		// Of line 1, or of lines 1 to 2: a call that is not full does not wait for the next line for ever.
		{": ValidationException: 1 validation error detected", exitFailed, strings.Repeat("x", 1<<20+1) + "\nb", nil},
		{"line 1: ValidationException", exitFailed, "a", []string{"--hash-key", "9999999999999999999999999999999999999999"}},
	} {
		var out strings.Builder
		code, talk := w.run(t.Context(), strings.NewReader(c.in), &out, append([]string{"put", "orders"}, c.args...)...)
		require.Equal(t, c.code, code, talk)
		require.Contains(t, talk, c.want)
	}
	require.Contains(t, w.ok("get", "orders", "--jq", `select(.data == "a") | .partitionKey`), "-", "what came before the bad line was put")
}

// A stream that refuses what is too fast: nothing is lost, and the order of a
// key stays. Time stands still until something was refused, or a slow machine
// would not be too fast.
func TestPutThroughThrottling(t *testing.T) {
	for _, ordered := range []string{"--ordered=false", "--ordered"} {
		w := newWorld(t, seeded("orders"), sluice.FrozenAt(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)),
			func(c *sluice.Config) { c.Limits = sluice.LimitsAWS })
		var input strings.Builder
		for i := range 2600 {
			fmt.Fprintf(&input, "%d\t%06d\n", i%700, i)
		}
		go func() {
			for !strings.Contains(w.metrics(), `reason="write-records"`) && t.Context().Err() == nil {
				_ = clock.Host().Sleep(t.Context(), time.Millisecond)
			}
			_ = w.Clock().Resume()
		}()
		did := object[tally](t, w.in(input.String(), "put", "orders", "--key-separator", `\t`, "--json", ordered))
		require.Equal(t, 2600, did.Records)
		require.Positive(t, did.Resent, "1,000 records a second and shard")
		all := contents(t, w.ok("dump", "orders"))
		require.Len(t, all, 700)
		for _, list := range all {
			require.GreaterOrEqual(t, len(list), 3)
			require.IsIncreasing(t, list)
		}
	}
}

// metrics is what the server counts.
func (w *world) metrics() string {
	answer, err := http.Get(w.Endpoint() + "/_sluice/metrics")
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return string(text)
}

func TestPutAggregated(t *testing.T) {
	w := newWorld(t, seeded("orders"))
	require.Contains(t, w.in(lines(0, 5000), "put", "orders", "--key-jq", ".", "--aggregate", "--json"), `{"records":5000,"bytes":`)
	packed := strings.Count(w.ok("get", "orders", "--json"), "\n")
	require.Less(t, packed, 100)
	have := map[string]bool{}
	for line := range strings.Lines(w.ok("get", "orders", "--deaggregate", "--json")) {
		r := object[streams.Record](t, line)
		require.NotNil(t, r.SubSequenceNumber)
		have[string(r.Data)] = true
	}
	require.Len(t, have, 5000)
}

func TestFormats(t *testing.T) {
	w := newWorld(t, sluice.FrozenAt(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)), sluice.WithStreams(sluice.StreamSeed{Name: "orders", Shards: 1}))
	w.ok("put", "orders", `{"customer":"c-7","total":12345678901234567890}`, "tab\there", "esc \x1b[2J é", "\xff\x00", "--key", "k")
	for _, c := range []struct{ format, want string }{
		{"text", "{\"customer\":\"c-7\",\"total\":12345678901234567890}\ntab\there\nesc \\x1b[2J é\n\\xff\\x00\n"},
		{"wide", "2026-11-25T09:00:00.000Z  shardId-000000000000  k                 tab\there\n"},
		{"raw", "tab\thereesc \x1b[2J é\xff\x00"},
		{"hex", "k, 2 bytes\n00000000  ff 00                                             |..|\n"},
		{"json", `"partitionKey":"k","arrival":"2026-11-25T09:00:00Z","data":"/wA="}` + "\n"},
	} {
		require.Contains(t, w.ok("get", "orders", "--format", c.format), c.want, c.format)
	}
	require.Equal(t, "12345678901234567890\n", w.ok("get", "orders", "-n", "1", "--jq", ".data.total"), "large numbers stay what they are")
	require.Equal(t, "c-7\n", w.ok("get", "orders", "-n", "1", "--jq", ".data.customer"))
	require.Equal(t, "\"c-7\"\n", w.ok("get", "orders", "-n", "1", "--jq", ".data.customer", "--json"))
	require.Equal(t, "/wA=\n", w.ok("get", "orders", "--jq", `select(.data == "/wA=").data`))
	require.Contains(t, w.ok("get", "orders", "--jq", "keys", "-n", "1"), `["arrival","data","partitionKey","sequenceNumber","shardId"]`)
	require.Contains(t, w.fails(exitFailed, "get", "orders", "--jq", `error("no")`), "jq: ")
	require.Contains(t, w.fails(exitUsage, "get", "orders", "--format", "xml"), `--format: "xml" is none of text, wide, hex, json or raw`)
}

func TestFrom(t *testing.T) {
	w := newWorld(t, sluice.FrozenAt(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)), seeded("orders"))
	w.ok("put", "orders", "one", "--key", "k")
	w.Clock().Step(time.Hour)
	sequence := strings.Fields(w.ok("put", "orders", "two", "--key", "k"))
	w.ok("put", "orders", "three", "--key", "k")
	for from, want := range map[string]string{
		"trim-horizon": "one two three ", "latest": "", "2026-11-25T10:00:00Z": "two three ", "30m": "two three ", "2h": "one two three ", "1795600800": "two three ",
	} {
		require.Equal(t, want, strings.ReplaceAll(w.ok("get", "orders", "--from", from, "--format", "text"), "\n", " "), from)
	}
	require.Equal(t, "two\nthree\n", w.ok("get", "orders", "--from", sequence[1], "--shard", sequence[0], "--format", "text"))
	require.Equal(t, "three\n", w.ok("get", "orders", "--from", "after:"+sequence[1], "--shard", sequence[0], "--format", "text"))
	require.Contains(t, w.fails(exitUsage, "get", "orders", "--from", sequence[1]), "a sequence number belongs to a shard; say which with --shard")
	require.Contains(t, w.fails(exitUsage, "get", "orders", "--from", "noon"), `--from: "noon" is not a position`)
	require.Contains(t, w.fails(exitFailed, "get", "orders", "--shard", "9"), "orders has no shard 9")
}

// Records come in the order of a consumer that follows lineage, whatever
// happens to the shards meanwhile.
func TestTailThroughSplitAndMerge(t *testing.T) {
	w := newWorld(t, sluice.WithStreams(sluice.StreamSeed{Name: "orders", Shards: 1}))
	w.ok("put", "orders", "before", "--key", "k")
	out, stop, code := w.background("tail", "orders", "--from", "trim-horizon", "--poll", "5ms")
	late, stopLate, lateCode := w.background("tail", "orders", "--poll", "5ms", "--json")
	w.eventually(out, "before\n")
	want := "before\n"
	put := func(from, to int) {
		w.in(lines(from, to), "put", "orders", "--key", "k")
		want += lines(from, to)
		w.eventually(out, want)
	}
	put(0, 100)
	w.ok("split", "orders", "0")
	put(100, 1500)
	w.ok("merge", "orders", "1")
	put(1500, 1600)
	w.ok("scale", "orders", "2")
	put(1600, 1700)
	stop()
	require.Equal(t, exitFine, <-code, "interrupting is how it ends")
	require.Eventually(t, func() bool { return strings.Count(late.String(), "\n") >= 1600 }, time.Minute, 5*time.Millisecond)
	require.NotContains(t, late.String(), base64.StdEncoding.EncodeToString([]byte("before")))
	stopLate()
	require.Equal(t, exitFine, <-lateCode)

	// A reader that comes later sees the same.
	require.Equal(t, want, w.ok("get", "orders", "--format", "text"))
	require.Equal(t, "before\n000000\n", w.ok("tail", "orders", "--from", "trim-horizon", "--limit", "2"))
}

func TestDumpAndLoad(t *testing.T) {
	w := newWorld(t, seeded("orders", "copy", "other"))
	w.in(lines(0, 3000), "put", "orders", "--key-jq", ".")
	w.ok("split", "orders", "0")
	w.in(lines(3000, 6000), "put", "orders", "--key-jq", ".")
	w.ok("put", "orders", "\xff binary", "--key", "k")
	dir := t.TempDir()
	file := filepath.Join(dir, "orders.jsonl")
	require.Empty(t, w.ok("dump", "orders", "--output", file))
	dumped, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(dumped), w.ok("dump", "orders"), "a standing stream is dumped the same each time")

	require.Equal(t, 6001, object[tally](t, w.ok("load", "copy", file, "--json")).Records)
	require.Equal(t, contents(t, string(dumped)), contents(t, w.ok("dump", "copy")))
	require.NoFileExists(t, file+".progress")
	// Through a pipe, readable.
	readable := w.ok("dump", "orders", "--readable")
	require.Contains(t, readable, `"text":"000000"`)
	w.in(readable, "load", "other")
	require.Equal(t, contents(t, string(dumped)), contents(t, w.ok("dump", "other")))

	require.Contains(t, w.fails(exitFailed, "dump", "orders", "-o", file), "is there already\nhint: --resume goes on")
	require.Contains(t, w.fails(exitUsage, "dump", "orders", "--resume"), "--resume: it needs --output FILE")
	require.Contains(t, w.fails(exitUsage, "load", "copy", "--resume"), "standard input cannot be resumed")
	require.Contains(t, w.fails(exitUsage, "load", "copy", file, "--speed", "fast"), `"fast" is not a speed`)
	require.Contains(t, w.fails(exitFailed, "load", "copy", filepath.Join(dir, "none")), "no such file")
}

// contents are keys and data of a dump, by key and in each key's order.
func contents(t *testing.T, dump string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for line := range strings.Lines(dump) {
		r := object[streams.Record](t, line)
		all[r.PartitionKey] = append(all[r.PartitionKey], string(r.Data))
	}
	return all
}

func TestResumedDump(t *testing.T) {
	w := newWorld(t, seeded("orders"))
	file := filepath.Join(t.TempDir(), "orders.jsonl")
	w.in(lines(0, 2000), "put", "orders", "--key-jq", ".", "--aggregate")
	w.ok("dump", "orders", "-o", file, "--deaggregate", "--limit", "700")
	cut(t, file, 20) // as a crash leaves it
	w.ok("split", "orders", "1")
	w.in(lines(2000, 4000), "put", "orders", "--key-jq", ".")
	w.ok("dump", "orders", "-o", file, "--deaggregate", "--resume")
	w.ok("dump", "orders", "-o", file, "--deaggregate", "--resume")
	dumped, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, w.ok("dump", "orders", "--deaggregate"), string(dumped), "nothing twice, nothing lost")
}

// A dash is standard input, as it is for other commands.
func TestPutOfADash(t *testing.T) {
	w := newWorld(t, seeded("orders"))
	w.in("a line\n", "put", "orders", "-")
	w.ok("put", "orders", "-", "-")
	require.ElementsMatch(t, []string{"a line", "-", "-"}, strings.Split(strings.TrimSpace(w.ok("get", "orders", "--format", "text")), "\n"))
}

func cut(t *testing.T, file string, bytes int64) {
	t.Helper()
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(file, info.Size()-bytes))
}

func TestResumedLoad(t *testing.T) {
	w := newWorld(t, seeded("copy"))
	file := filepath.Join(t.TempDir(), "orders.jsonl")
	f, err := os.Create(file)
	require.NoError(t, err)
	// At the original pace all but the first hundred would be due in an hour.
	begun := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	for i := range 5000 {
		r := streams.Record{PartitionKey: fmt.Sprint("key-", i%50), Data: fmt.Appendf(nil, "%06d", i), Arrival: begun}
		if i >= 100 {
			r.Arrival = begun.Add(time.Hour)
		}
		require.NoError(t, json.NewEncoder(f).Encode(r))
	}
	require.NoError(t, f.Close())

	ctx, interrupt := context.WithCancel(t.Context())
	ended := make(chan string, 1)
	go func() {
		code, talk := w.run(ctx, strings.NewReader(""), io.Discard, "load", "copy", file, "--speed", "original")
		ended <- fmt.Sprint(code, " ", talk)
	}()
	// Not as soon as they can be read: the answer may still be on its way then.
	require.Eventually(t, func() bool {
		journal, _ := os.ReadFile(file + ".progress")
		return strings.Contains(string(journal), `"records":100`)
	}, time.Minute, 10*time.Millisecond)
	interrupt()
	require.Equal(t, "1 taken before that: 100 records\nsluice: interrupted\nhint: the same command with --resume goes on\n", <-ended)

	require.Contains(t, w.fails(exitFailed, "load", "copy", file), "was interrupted after 100 records\nhint: --resume goes on from there, --restart begins anew")
	require.Equal(t, 4900, object[tally](t, w.ok("load", "copy", file, "--resume", "--json")).Records)
	all := contents(t, w.ok("dump", "copy"))
	require.Len(t, all, 50)
	for key, list := range all {
		require.Len(t, list, 100, key)
		require.IsIncreasing(t, list)
	}
	require.NoFileExists(t, file+".progress")
	require.Equal(t, 5000, object[tally](t, w.ok("load", "copy", file, "--resume", "--json")).Records, "nothing to resume: from the beginning")
}
