package doctor

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/log"
	"sluice/store/log/logtest"
	"sluice/store/log/pebblelog"
)

// TestGoOnAhead: after a repair of a folder whose newest write-ahead log lost its
// end the positions of the lost records are not given again, not in any log: who
// reads from behind the last of them sees what comes then.
func TestGoOnAhead(t *testing.T) {
	for name, closed := range map[string]bool{"stopped in order": true, "killed": false} {
		for _, durability := range []store.Durability{store.Disk, store.Process} {
			if durability == store.Process && !closed {
				continue // that start cuts by itself, as after a power failure
			}
			t.Run(fmt.Sprint(name, ", ", durability), func(t *testing.T) {
				p, ids, left := short(t, durability, closed)
				halve(t, left)
				r, err := Repair(Options{Dir: "data", FS: left, Boot: boot})
				require.NoError(t, err)
				require.True(t, slices.ContainsFunc(r.Findings, func(f Finding) bool { return strings.Contains(f.Repair, goesOn) }), "%+v", r.Findings)
				require.Contains(t, strings.Join(r.Repaired, "\n"), "every shard goes on 4294967296 places behind")

				s, err := store.Open(p.options)
				require.NoError(t, err)
				o, err := p.read(s)
				require.NoError(t, err)
				require.Positive(t, o.lost)
				for _, id := range ids {
					var more []log.Entry
					for range 3 {
						more = append(more, log.Entry{Log: id, PartitionKey: "k", Data: []byte("more")})
					}
					c, err := s.Log("test").Append(ctx, more)
					require.NoError(t, err)
					require.NoError(t, c.Wait())
					page, err := s.Log("test").Read(ctx, id, p.ends[id], log.Limit{Records: 10, Bytes: 1 << 20, Before: 1 << 61})
					require.NoError(t, err)
					require.Len(t, page.Records, 3, "%v", id)
					page.Release()
				}
				require.NoError(t, s.Close())
			})
		}
	}
}

// short is a folder with ten records in each of a few logs, whose newest
// write-ahead log has them.
func short(t *testing.T, d store.Durability, closed bool) (*patient, []log.ID, *vfs.MemFS) {
	p, mem := emptyPatient(1), vfs.NewCrashableMem()
	p.options.Dir, p.options.FS, p.options.Durability = "data", mem, d
	ids := []log.ID{{Stream: 1}, {Stream: 1, Shard: 1}, {Stream: 2}}
	s, err := store.Open(p.options)
	require.NoError(t, err)
	require.NoError(t, s.Log("test").Create(ctx, ids))
	for range 10 {
		for _, id := range ids {
			batch := []log.Entry{{Log: id, PartitionKey: "k", Data: []byte(text(fmt.Sprint(p.dice.Uint64()), 100))}}
			c, err := s.Log("test").Append(ctx, batch)
			require.NoError(t, err)
			require.NoError(t, c.Wait())
			at := c.Placed()[0].Position
			if p.records[id] == nil {
				p.records[id] = map[int64]string{}
			}
			p.records[id][at], p.ends[id] = string(batch[0].Data), at+1
		}
	}
	left := mem
	if !closed {
		left = logtest.AfterKill(mem, rand.New(rand.NewPCG(1, 1)))
	}
	require.NoError(t, s.Close())
	p.options.FS = left
	return p, ids, left
}

// halve cuts the newest write-ahead log to a half of what is written in it.
func halve(t *testing.T, fs *vfs.MemFS) {
	names, err := fs.List("data/pebble")
	require.NoError(t, err)
	slices.Sort(names)
	newest := ""
	for _, name := range names {
		if path.Ext(name) == ".log" {
			newest = "data/pebble/" + name
		}
	}
	f, err := fs.Open(newest)
	require.NoError(t, err)
	info, err := f.Stat()
	require.NoError(t, err)
	raw := make([]byte, info.Size())
	_, err = f.ReadAt(raw, 0)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	written := len(strings.TrimRight(string(raw), "\x00"))
	require.Greater(t, written, 1000)
	f, err = fs.Create(newest, vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	_, err = f.Write(raw[:written/2])
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

// TestRaise: a log goes on from the blocks that are left where its row, which
// only a trim moves, is far behind them.
func TestRaise(t *testing.T) {
	const last = 5 * blindJump
	id := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, 1), 2)
	block := append(binary.BigEndian.AppendUint32(nil, 7), id...) // of a bucket
	block = binary.BigEndian.AppendUint64(block, last)
	block = binary.BigEndian.AppendUint32(block, 0) // its arrival
	block = binary.BigEndian.AppendUint32(block, 1) // one record
	var rebuild pebblelog.Rebuild
	rebuild.See([]byte("btest\x00"), block)
	key := append([]byte("ltest\x00"), id...)
	var row []byte
	require.NoError(t, pebblelog.Rows("test", log.Contents{ID: log.ID{Stream: 1, Shard: 2}}, func(k, value []byte) error {
		require.Equal(t, key, k)
		row = value
		return nil
	}))
	l := newLosses()
	l.blind = true
	raised, err := l.raise(key, row, rebuild.End(key))
	require.NoError(t, err)
	end, err := pebblelog.RowEnd(raised)
	require.NoError(t, err)
	require.EqualValues(t, last+1+blindJump, end)
}
