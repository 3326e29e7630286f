package aggregate

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func text(s string) *string { return &s }

// frame puts magic and digest around a message written by hand.
func frame(t *testing.T, message string) []byte {
	t.Helper()
	body, err := hex.DecodeString(strings.ReplaceAll(message, " ", ""))
	require.NoError(t, err)
	digest := md5.Sum(body)
	return append(append([]byte(magic), body...), digest[:]...)
}

func TestBytesAreThoseOfTheFormat(t *testing.T) {
	for _, c := range []struct {
		name    string
		records []Record
		message string
	}{
		{"one record", []Record{{PartitionKey: "a", Data: []byte("x")}},
			"0a 01 61  1a 05 08 00 1a 01 78"},
		{"a key stands once", []Record{{PartitionKey: "a", Data: []byte("x")}, {PartitionKey: "b", Data: nil}, {PartitionKey: "a", Data: []byte("y")}},
			"0a 01 61 0a 01 62  1a 05 08 00 1a 01 78  1a 04 08 01 1a 00  1a 05 08 00 1a 01 79"},
		{"explicit hash keys have a table of their own",
			[]Record{{PartitionKey: "a", ExplicitHashKey: "7", Data: []byte("x")}, {PartitionKey: "b", Data: []byte("y")}, {PartitionKey: "b", ExplicitHashKey: "7", Data: []byte("z")}},
			"0a 01 61 0a 01 62  12 01 37  1a 07 08 00 10 00 1a 01 78  1a 05 08 01 1a 01 79  1a 07 08 01 10 00 1a 01 7a"},
		{"tags", []Record{{PartitionKey: "a", Data: []byte("x"), Tags: []Tag{{Key: "k", Value: text("v")}, {Key: "l"}}}},
			"0a 01 61  1a 12 08 00 1a 01 78 22 06 0a 01 6b 12 01 76 22 03 0a 01 6c"},
		{"an empty key is a key", []Record{{Data: []byte("x")}}, "0a 00  1a 05 08 00 1a 01 78"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := frame(t, c.message)
			require.Equal(t, want, Encode(c.records...))
			have, ok := Decode(want)
			require.True(t, ok)
			require.Len(t, have, len(c.records))
			for i, r := range c.records {
				require.Equal(t, string(r.Data), string(have[i].Data))
				have[i].Data, r.Data = nil, nil
				require.Equal(t, r, have[i])
			}
		})
	}
}

func TestBuilderKnowsItsSize(t *testing.T) {
	var b Builder
	for i := range 300 { // past the place where an index takes two bytes
		r := Record{PartitionKey: strings.Repeat("k", i), Data: bytes.Repeat([]byte{1}, i*i%40000)}
		if i%3 == 0 {
			r.ExplicitHashKey = strings.Repeat("9", i%38+1)
		}
		if i%7 == 0 {
			r.Tags = []Tag{{Key: "tag", Value: text(r.PartitionKey)}}
		}
		want := b.SizeWith(r)
		b.Add(r)
		require.Equal(t, want, b.Size())
	}
	require.Len(t, b.Bytes(), b.Size())
	require.Equal(t, 300, b.Len())
	key, hash := b.First()
	require.Equal(t, []string{"", "9"}, []string{key, hash})
	b.Reset()
	require.Equal(t, len(magic)+digestSize, b.Size())
}

func TestWhatIsNotAnAggregateIsPlain(t *testing.T) {
	good := Encode(Record{PartitionKey: "a", Data: []byte("x")})
	flipped := bytes.Clone(good)
	flipped[len(flipped)-1] ^= 1
	for name, data := range map[string][]byte{
		"nothing":                         nil,
		"text":                            []byte("an ordinary record"),
		"another magic":                   append([]byte("\xf3\x89\x9a\xc3"), good[4:]...),
		"magic and digest of nothing":     frame(t, ""),
		"cut short":                       good[:len(good)-1],
		"a wrong digest":                  flipped,
		"a byte more":                     append(bytes.Clone(good), 0),
		"half a field":                    frame(t, "0a 05 61"),
		"a tag that is none":              frame(t, "00 00"),
		"partition key index outside":     frame(t, "0a 01 61  1a 05 08 01 1a 01 78"),
		"partition key index beyond ints": frame(t, "0a 01 61  1a 0e 08 ffffffffffffffffff01 1a 01 78"),
		"hash key index outside":          frame(t, "0a 01 61  1a 07 08 00 10 00 1a 01 78"),
		"no partition key index":          frame(t, "0a 01 61  1a 03 1a 01 78"),
		"no data":                         frame(t, "0a 01 61  1a 02 08 00"),
		"a tag without key":               frame(t, "0a 01 61  1a 0a 08 00 1a 01 78 22 03 12 01 76"),
		"an open group":                   frame(t, "0b 08 00"),
	} {
		_, ok := Decode(data)
		require.False(t, ok, name)
	}
}

func TestAMessageOfAnotherWriterIsRead(t *testing.T) {
	// Records before their table, unknown fields of every wire type, a field
	// twice (the last one counts), a known number with another wire type.
	have, ok := Decode(frame(t, "1a 08 08 05 08 00 1a 02 7878"+
		"0a 01 61  20 07  29 0102030405060708  35 01020304  3a 00  43 08 01 44  08 01"))
	require.True(t, ok)
	require.Equal(t, []Record{{PartitionKey: "a", Data: []byte("xx")}}, have)
}

// An aggregate of no records is one all the same: it delivers nothing.
func TestAnAggregateOfNothing(t *testing.T) {
	have, ok := Decode(frame(t, "0a 01 61"))
	require.True(t, ok)
	require.Empty(t, have)
}

func FuzzAggregate(f *testing.F) {
	f.Add([]byte("text"), true)
	f.Add(Encode(Record{PartitionKey: "a", ExplicitHashKey: "1", Data: []byte("x"), Tags: []Tag{{Key: "k", Value: text("v")}, {Key: "l"}}}), false)
	f.Add(Encode(Record{PartitionKey: "a", Data: []byte("x")}, Record{PartitionKey: "b", Data: []byte("y")})[4:], true)
	f.Fuzz(func(t *testing.T, data []byte, sign bool) {
		if sign { // a digest is not found by chance: put the frame around what came
			digest := md5.Sum(data)
			data = append(append([]byte(magic), data...), digest[:]...)
		}
		before := bytes.Clone(data)
		records, ok := Decode(data)
		require.Equal(t, before, data, "the input is left alone")
		if !ok || len(records) == 0 {
			return
		}
		again, ok := Decode(Encode(records...))
		require.True(t, ok)
		require.Len(t, again, len(records))
		for i := range records {
			require.True(t, bytes.Equal(records[i].Data, again[i].Data))
			records[i].Data, again[i].Data = nil, nil
		}
		require.Equal(t, records, again)
	})
}
