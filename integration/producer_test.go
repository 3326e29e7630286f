package integration

import (
	"context"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/aggregate"
)

const (
	// mostCalls and mostMaps bound what the library may send. It puts records together for 100 ms, so that some ten
	// seconds of writing take a few hundred calls, and it lists the shards at the start and once or twice a change.
	mostCalls, mostMaps = 2000, 30
	// mostAttempts bounds how often one user record was sent: changes come one by one, and each can move it once.
	mostAttempts = 5
)

// arrival is where a user record came out.
type arrival struct{ shard, number string }

// producing is one run of the producer library: what it said of each user record, and what a reader found.
type producing struct {
	version  string
	said     map[int]arrival
	attempts int // the most of any record
	failures []string

	arrived              map[int][]arrival // within the hash range of their shard, as its consumers count
	strays, plain, packs int
	wrong                []string
}

// producer is a parallel subtest: the real Kinesis Producer Library, its native program included, writes aggregated
// records over TLS while the stream is split, merged and scaled under the limits of AWS. It promises each user record
// at least once: an aggregate that reached another shard than predicted is taken apart by the library, and those of its
// user records that do not belong there, or whose place it does not know yet, are sent again. Consumers drop the ones
// outside of their shard's hash range.
func (c *collector) producer(t *testing.T, client Client, version string) {
	t.Helper()
	name := "case 85 the Kinesis Producer Library over https: shard map, aggregated records, no retry storm"
	t.Run(strings.TrimSpace(name+" "+version), func(t *testing.T) {
		t.Parallel()
		wanted := client.steps()[0]
		server := Start(t, "--memory", "--limits", "aws")
		sdk := server.SDK()
		const stream = "produced"
		server.CreateStream(t, stream, 2)
		ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
		defer cancel()
		program, err := server.Program(ctx, client.Name, version, server.SecureURL,
			"SLUICE_STREAM="+stream, fmt.Sprint("SLUICE_RECORDS=", wanted.Count))
		require.NoError(t, err)

		run := &producing{said: map[int]arrival{}, arrived: map[int][]arrival{}}
		reader := &lineage{client: sdk, stream: stream, take: run.take}
		written, followed := make(chan struct{}), make(chan error, 1)
		go func() { followed <- reader.follow(ctx, written) }()
		reshardWhile(t, sdk, stream, linesOf(t, program, wanted.Count+1), changes(wanted.Count), run.hear)
		close(written)
		require.NoError(t, <-followed)

		puts, maps := server.calls(t, "PutRecords"), server.calls(t, "ListShards")
		t.Logf("KPL %s: %d user records in %d aggregates and %d plain records, %d of them outside their shard; %d again; "+
			"at most %d attempts; %d calls of PutRecords, %d of ListShards", run.version, run.count(), run.packs, run.plain,
			run.strays, run.count()-run.strays-len(run.arrived), run.attempts, puts, maps)
		run.check(t, wanted.Count)
		require.Len(t, reader.finished, 5)
		require.Len(t, reader.active, 4)
		require.Less(t, puts, mostCalls)
		require.Less(t, maps, mostMaps)
		c.add([]Row{{Client: client.Name, Version: run.version, Transport: "https", Step: wanted.Number, Result: "ok", Count: len(run.arrived)}})
	})
}

// hear takes a line of the program and tells whether it is an acknowledgement.
func (p *producing) hear(text string) bool {
	word, rest, _ := strings.Cut(text, " ")
	switch word {
	case "version":
		p.version = rest
	case "ok":
		var n, attempts int
		var at arrival
		if _, err := fmt.Sscan(rest, &n, &at.shard, &at.number, &attempts); err == nil {
			p.said[n] = at
			p.attempts = max(p.attempts, attempts)
			return true
		}
		p.failures = append(p.failures, text)
	case "failed":
		p.failures = append(p.failures, rest)
	}
	return false
}

// take is what a consumer does with a record: it takes it apart and drops what does not belong into the shard.
func (p *producing) take(shard string, hashes types.HashKeyRange, record types.Record) {
	records, packed := aggregate.Decode(record.Data)
	if packed {
		p.packs++
	} else {
		p.plain++ // a user record alone is sent as it is
		records = []aggregate.Record{{PartitionKey: *record.PartitionKey, Data: record.Data}}
	}
	for _, r := range records {
		var n int
		_, err := fmt.Sscanf(string(r.Data), "%d of the user records", &n)
		key, explicit := keysOf(n)
		// What was sent alone has lost its explicit hash key at the service.
		if err != nil || r.PartitionKey != key || packed && r.ExplicitHashKey != explicit {
			p.wrong = append(p.wrong, fmt.Sprintf("%q of %s at %q", r.Data, r.PartitionKey, r.ExplicitHashKey))
			continue
		}
		if !within(hashes, key, explicit) {
			p.strays++
			continue
		}
		p.arrived[n] = append(p.arrived[n], arrival{shard, *record.SequenceNumber})
	}
}

// keysOf gives the keys of a user record, as Producer.java does.
func keysOf(n int) (partition, explicit string) {
	if n%5 == 0 {
		step := new(big.Int).Div(limit128(), big.NewInt(1009))
		explicit = step.Mul(step, big.NewInt(int64(n%1009))).String()
	}
	return fmt.Sprint("user-", n*7919%4001), explicit
}

// count is how many user records were found, as often as they were.
func (p *producing) count() int {
	n := p.strays
	for _, at := range p.arrived {
		n += len(at)
	}
	return n
}

func (p *producing) check(t *testing.T, records int) {
	t.Helper()
	require.Empty(t, p.failures)
	require.Empty(t, p.wrong, "user records came back changed")
	require.Len(t, p.said, records)
	for n, at := range p.said {
		require.Contains(t, p.arrived[n], at, "user record %d is not where the library says", n)
	}
	require.Len(t, p.arrived, records)
	require.Positive(t, p.packs)
	require.Less(t, p.packs+p.plain, records/10, "records were not aggregated")
	require.LessOrEqual(t, p.attempts, mostAttempts)
	require.Greater(t, p.attempts, 1, "no change of shards met a record on its way")
	require.Less(t, p.count(), records*5/4, "sent again without need")
}

// calls is how often an operation of the service was called, well or badly.
func (s *Server) calls(t *testing.T, operation string) (sum int) {
	t.Helper()
	answer, err := http.Get(s.URL + "/_sluice/metrics")
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	line := regexp.MustCompile(`(?m)^sluice_requests_total\{service="kinesis",operation="` + operation + `",[^}]*\} (\d+)$`)
	for _, match := range line.FindAllSubmatch(text, -1) {
		n, err := strconv.Atoi(string(match[1]))
		require.NoError(t, err)
		sum += n
	}
	return sum
}
