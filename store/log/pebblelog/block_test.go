package pebblelog

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// encode makes a block of all entries.
func encode(batch []entry) []byte {
	size := 0
	indexes := make([]int32, len(batch))
	for i := range batch {
		indexes[i] = int32(i)
		size += recordSize(&batch[i])
	}
	b := make([]byte, blockSize(len(batch), size))
	putBlock(b, batch, indexes)
	return b
}

// decode is the reverse; ok is false for what is no block.
func decode(b []byte) (batch []entry, ok bool) {
	opened, err := openBlock(b, place{}, 0)
	if err != nil {
		return nil, false
	}
	rest := opened.payload
	for range opened.count {
		s := opened.next()
		batch = append(batch, entry{PartitionKey: string(rest[:s.key]), Data: rest[s.key : s.key+s.data], Encrypted: s.encrypted})
		rest = rest[s.key+s.data:]
	}
	return batch, len(rest) == 0
}

func TestBlock(t *testing.T) {
	batch := []entry{
		{}, {PartitionKey: "k", Data: []byte("v"), Encrypted: true},
		{PartitionKey: strings.Repeat("k", 256), Data: bytes.Repeat([]byte("v"), 70_000)},
	}
	got, ok := decode(encode(batch))
	require.True(t, ok)
	require.Len(t, got, len(batch))
	for i := range batch {
		assert.Equal(t, batch[i].PartitionKey, got[i].PartitionKey)
		assert.True(t, bytes.Equal(batch[i].Data, got[i].Data))
		assert.Equal(t, batch[i].Encrypted, got[i].Encrypted)
	}
}

func TestBlockMalformed(t *testing.T) {
	whole := encode([]entry{{PartitionKey: "key", Data: []byte("data")}, {PartitionKey: "k", Data: []byte("d")}})
	for n := range whole {
		_, err := openBlock(whole[:n], place{}, 0)
		require.ErrorIs(t, err, errBlock, "%d bytes", n)
	}
	_, err := openBlock(append(append([]byte{}, whole...), 0), place{}, 0)
	require.ErrorIs(t, err, errBlock)
	whole[0] = 9
	_, err = openBlock(whole, place{}, 0)
	require.ErrorIs(t, err, errBlock)
}

// FuzzBlock: no bytes make the decoder panic, and what it accepts it can
// write again and read the same.
func FuzzBlock(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 0})
	f.Add(encode([]entry{{PartitionKey: "key", Data: []byte("data"), Encrypted: true}, {}}))
	f.Add([]byte{1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		batch, ok := decode(b)
		if !ok {
			_, err := openBlock(b, place{}, 0)
			require.Error(t, err, "an accepted block has its records exactly")
			return
		}
		again, ok := decode(encode(batch))
		require.True(t, ok)
		require.Equal(t, batch, again)
	})
}

func TestKeys(t *testing.T) {
	for _, p := range []place{{last: 0, arrival: 0, count: 1}, {last: 1 << 62, arrival: 1767225600123, count: 500}} {
		bucket := bucketOf(p.arrival)
		b := make([]byte, blockSuffix)
		p.put(b, bucket)
		assert.Equal(t, p, placeOf(b, bucket))
	}
	assert.Equal(t, []byte{1, 3}, after([]byte{1, 2, 0xff}))
}
