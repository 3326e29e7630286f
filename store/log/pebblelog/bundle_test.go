package pebblelog

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// made is when the bundles of these tests are made.
const made = 1767225600123

// partOf is a part of a bundle with one block; former as it was before the ring.
func partOf(former bool, shard uint32, p place, batch ...entry) []byte {
	value := encode(batch)
	head := appendPart(nil, made, shard, p, len(value))
	if former {
		bucket := bucketOf(p.arrival)
		head = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, shard), bucket)
		head = append(head, make([]byte, blockSuffix)...)
		p.put(head[8:], bucket)
		head = binary.AppendUvarint(head, uint64(len(value)))
	}
	return append(head, value...)
}

func TestBundle(t *testing.T) {
	first, second := place{last: 4, arrival: made, count: 1}, place{last: 9, arrival: made + 3600_001, count: 2}
	for _, former := range []bool{false, true} {
		b := beginBundle(nil, made)
		if former {
			b = []byte{bundleFormer}
		}
		head := len(b)
		one := partOf(former, 3, first, entry{PartitionKey: "k", Data: []byte("v")})
		b = append(b, one...)
		b = append(b, partOf(former, 900, second, entry{Data: []byte("w")}, entry{PartitionKey: "l"})...)
		var got []part
		require.NoError(t, eachPart(b, func(p part, at int) error {
			again, _, ok := readPart(b, at)
			require.True(t, ok)
			require.Equal(t, p, again)
			got = append(got, p)
			return nil
		}))
		require.Len(t, got, 2)
		require.Equal(t, first, got[0].place)
		require.Equal(t, second, got[1].place)
		require.Equal(t, bucketOf(second.arrival), got[1].bucket)
		require.Equal(t, uint32(900), got[1].shard)
		records, ok := decode(got[1].value)
		require.True(t, ok)
		require.Len(t, records, 2)

		rest := make([]byte, 16)
		require.NoError(t, Check(kindBundle, rest, b))
		for n := range b {
			short := append([]byte(nil), b[:n]...)
			err := Check(kindBundle, rest, short)
			if n == head || n == head+len(one) {
				require.NoError(t, err, "whole parts")
				continue
			}
			require.Error(t, err, "%d bytes", n)
		}
	}
}

// TestRuns: a block of several runs tells each record's time, and no malformed
// one is taken for a block.
func TestRuns(t *testing.T) {
	const bucket = 490896
	start := int64(bucket) * bucketMillis
	one := encode([]entry{{PartitionKey: "a", Data: []byte("1")}, {PartitionKey: "b"}, {PartitionKey: "c"}})
	// 3 records: version and count are replaced, the runs come before the table.
	with := func(runs ...byte) []byte { return append(append([]byte{blockOfRuns, 3}, runs...), one[2:]...) }
	at := place{last: 7, arrival: start + 9, count: 3}
	b, err := openBlock(with(2, 1, 5, 2, 9), at, bucket)
	require.NoError(t, err)
	require.Equal(t, start+5, b.next().arrival)
	require.Equal(t, start+9, b.next().arrival)
	require.Equal(t, start+9, b.next().arrival)
	for name, runs := range map[string][]byte{
		"none": {0}, "too few": {1, 2, 9}, "too many": {2, 2, 5, 2, 9}, "an empty one": {2, 3, 9, 0, 9},
		"going back": {2, 1, 9, 2, 5}, "another end": {2, 1, 5, 2, 8}, "cut": {2, 1},
	} {
		_, err := openBlock(with(runs...), at, bucket)
		require.ErrorIs(t, err, errBlock, name)
	}
}
