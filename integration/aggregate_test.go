package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/aggregate"
	"sluice/internal/dice"
)

// packed is a user record as the program aggregate_client.py speaks of it.
type packed struct {
	Key  string       `json:"key"`
	Hash *string      `json:"hash"`
	Data []byte       `json:"data"`
	Tags [][2]*string `json:"tags"`
}

type aggregateOrder struct {
	Pack   []packed `json:"pack,omitempty"`
	Unpack []byte   `json:"unpack,omitempty"`
}

type aggregateAnswer struct {
	Data    []byte   `json:"data"`
	Records []packed `json:"records"`
	Plain   bool     `json:"plain"`
}

// TestAggregatesAgainstAnotherLibrary holds our encoder to the bytes of AWS Labs' own library, and both decoders to the
// same records, over random aggregates and over damaged ones.
func TestAggregatesAgainstAnotherLibrary(t *testing.T) {
	random := dice.Seeded(20261125)
	var orders []aggregateOrder
	var cases [][]aggregate.Record
	for n := range 300 {
		records := randomRecords(random, n%40+1)
		cases = append(cases, records)
		orders = append(orders, aggregateOrder{Pack: toPacked(records)}, aggregateOrder{Unpack: aggregate.Encode(records...)})
	}
	var damaged [][]byte
	for n := range 300 {
		data := aggregate.Encode(randomRecords(random, n%3+1)...)
		at := int(random.Uint64() % uint64(len(data)))
		switch n % 3 {
		case 0:
			data[at] ^= byte(1 << (n % 8))
		case 1:
			data = data[:at+1]
		default:
			data = append(data, byte(n))
		}
		damaged = append(damaged, data)
		orders = append(orders, aggregateOrder{Unpack: data})
	}
	answers := askAggregates(t, orders)
	for i, records := range cases {
		ours := aggregate.Encode(records...)
		require.Equal(t, answers[2*i].Data, ours, "case %d: the bytes", i)
		theirs := answers[2*i+1]
		require.False(t, theirs.Plain, "case %d", i)
		require.Equal(t, toPacked(records), theirs.Records, "case %d: read by the library", i)
		read, ok := aggregate.Decode(answers[2*i].Data)
		require.True(t, ok)
		require.Equal(t, toPacked(records), toPacked(read), "case %d: read by us", i)
	}
	for i, data := range damaged {
		_, ok := aggregate.Decode(data)
		require.Equal(t, !answers[2*len(cases)+i].Plain, ok, "damaged case %d: %x", i, data)
	}
}

// askAggregates runs the library's program once over all orders.
func askAggregates(t *testing.T, orders []aggregateOrder) []aggregateAnswer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, filepath.Join(Root(), "integration", "sdk", "setup.sh"), "aggregate").Output()
	require.NoError(t, err, "set up the library: %s", out)
	var in, answers, talk bytes.Buffer
	for _, order := range orders {
		require.NoError(t, json.NewEncoder(&in).Encode(order))
	}
	program := exec.CommandContext(ctx, strings.TrimSpace(string(out)))
	program.Stdin, program.Stdout, program.Stderr = &in, &answers, &talk
	require.NoError(t, program.Run(), "%s", talk.Bytes())
	var list []aggregateAnswer
	for lines := json.NewDecoder(&answers); lines.More(); {
		var answer aggregateAnswer
		require.NoError(t, lines.Decode(&answer))
		list = append(list, answer)
	}
	require.Len(t, list, len(orders))
	return list
}

func randomRecords(random *dice.Dice, count int) []aggregate.Record {
	pick := func(n int) int { return int(random.Uint64() % uint64(n)) }
	records := make([]aggregate.Record, count)
	for i := range records {
		r := aggregate.Record{PartitionKey: fmt.Sprintf("key-%d-é", pick(200)), Data: make([]byte, pick(300))}
		_, _ = random.Read(r.Data)
		if pick(2) == 0 {
			r.ExplicitHashKey = fmt.Sprint(random.Uint64() % 150)
		}
		for range pick(3) {
			tag := aggregate.Tag{Key: fmt.Sprint("tag ", pick(5))}
			if value := fmt.Sprint("value ", pick(5)); pick(2) == 0 {
				tag.Value = &value
			}
			r.Tags = append(r.Tags, tag)
		}
		records[i] = r
	}
	return records
}

func toPacked(records []aggregate.Record) []packed {
	list := make([]packed, len(records))
	for i, r := range records {
		p := packed{Key: r.PartitionKey, Data: append([]byte{}, r.Data...), Tags: [][2]*string{}}
		if r.ExplicitHashKey != "" {
			p.Hash = &r.ExplicitHashKey
		}
		for _, tag := range r.Tags {
			p.Tags = append(p.Tags, [2]*string{&tag.Key, tag.Value})
		}
		list[i] = p
	}
	return list
}
