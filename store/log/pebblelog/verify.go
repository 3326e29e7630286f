package pebblelog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"sluice/store/engine"
	"sluice/store/log"
	"sluice/store/payload"
)

// After a power failure.
//
// Payload is written before the rows that name it, but the kernel may have put
// the rows on the disk and the payload not yet. Under "disk" such rows were not
// acknowledged. So the first start after the machine did compares all blocks in
// files that are not known to be on the disk whole with their checksums. From
// the first one on that is not there, the rows of its log are removed: each log
// keeps a beginning of what was written to it. Files that a row tells the end of
// are not looked into, so it takes a reading of the newest file of each stream,
// and of all keys.

// Verified is what Verify found.
type Verified struct {
	// Blocks were compared, and Logs were cut.
	Blocks, Logs int
	// Folders of streams that do not exist were removed.
	Folders int
}

// Verify sees to it that every row of a database that was just opened has its
// payload. What it removed is durable when it returns, as commits are.
func Verify(e *engine.Engine) (v Verified, err error) {
	at := e.Place()
	c := &checking{engine: e, whole: NewWhole(at.FS, at.Dir), synced: map[string]int64{}, cuts: map[cutLog]int64{}, streams: map[string]bool{}}
	defer func() { err = errors.Join(err, c.whole.Close()) }()
	if err := c.run(); err != nil {
		return v, err
	}
	v = Verified{Blocks: c.blocks, Logs: len(c.cuts)}
	if len(c.cuts) > 0 {
		if err := c.cut(); err != nil {
			return v, err
		}
		e.Warn("a power failure has taken the newest records of some shards", "shards", len(c.cuts), "one", c.first)
	}
	v.Folders, err = c.sweep()
	return v, err
}

// checking is a verification under way.
type checking struct {
	engine  *engine.Engine
	whole   *Whole
	synced  map[string]int64 // by the rest of a file's key, with its namespace
	streams map[string]bool  // those that have a log, by namespace and id
	cuts    map[cutLog]int64 // the first position that is lost
	first   error
	blocks  int
}

// cutLog is a log of a namespace.
type cutLog struct {
	namespace string
	id        log.ID
}

func (c *checking) run() error {
	return c.engine.Read(func(r pebble.Reader) error {
		for _, one := range []struct {
			kind byte
			see  func(it *pebble.Iterator) error
		}{{kindFile, c.file}, {kindLog, c.log}, {kindBlock, c.block}} {
			err := iterate(r, []byte{one.kind}, func(it *pebble.Iterator) error {
				for ok := it.First(); ok; ok = it.Next() {
					if err := one.see(it); err != nil {
						return err
					}
				}
				return it.Error()
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// file learns what is on the disk.
func (c *checking) file(it *pebble.Iterator) error {
	value, err := it.ValueAndErr()
	if err != nil {
		return err
	}
	size, err := readFileRow(value)
	c.synced[string(it.Key()[1:])] = size
	return err
}

// log learns which streams there are.
func (c *checking) log(it *pebble.Iterator) error {
	if key := it.Key(); len(key) > 4 {
		c.streams[string(key[1:len(key)-4])] = true
	}
	return nil
}

// block compares a block that may not be there. The keys of a log come in the
// order of its positions.
func (c *checking) block(it *pebble.Iterator) error {
	// Blocks that are in the database may be in files of values: those are not read.
	lazy := it.LazyValue()
	if lazy.Len() != pointerBytes {
		return nil
	}
	value, err := it.ValueAndErr()
	if err != nil || !isPointer(value) {
		return err
	}
	key := it.Key()
	at := bytes.IndexByte(key, 0)
	if at < 1 {
		return nil
	}
	p, err := parse(kindBlock, key[at+1:])
	if err != nil {
		return err
	}
	ref, err := refOf(value)
	if err != nil {
		return err
	}
	name := cutLog{string(key[1:at]), p.id}
	if _, cut := c.cuts[name]; cut || c.onDisk(key[1:at+1], p.id.Stream, ref) {
		return nil
	}
	c.blocks++
	_, _, err = c.whole.Row(key, value)
	if engine.IsDamage(err) || errors.Is(err, payload.ErrGone) {
		c.cuts[name] = p.place.first()
		if c.first == nil {
			c.first = fmt.Errorf("%v: %w", p.id, err)
		}
		return nil
	}
	return err
}

// onDisk tells whether a block is known to be on the disk.
func (c *checking) onDisk(namespace []byte, stream uint64, ref payload.Ref) bool {
	key := append(make([]byte, 0, len(namespace)+16), namespace...)
	key = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(key, stream), ref.File)
	size, ok := c.synced[string(key)]
	return ok && ref.End() <= size
}

// cut removes the rows of logs that are cut, and bundles from the first one on
// that has something of what was cut, with what came after them to other logs.
func (c *checking) cut() error {
	b, err := c.engine.NewBatch(1 << 10)
	if err != nil {
		return err
	}
	streams := map[cutLog]bool{}
	for name := range c.cuts {
		streams[cutLog{name.namespace, log.ID{Stream: name.id.Stream}}] = true
	}
	for of := range streams {
		if err := c.cutBundles(b, of.namespace, of.id.Stream); err != nil {
			return err
		}
	}
	for name, position := range c.cuts {
		if err := c.cutBlocks(b, name, position); err != nil {
			return err
		}
	}
	return b.Submit(func(error) {}).Wait()
}

// cutBlocks removes the blocks of a log from a position on.
func (c *checking) cutBlocks(b *engine.Batch, name cutLog, position int64) error {
	k := keys{namespace: name.namespace}
	index := k.log(kindIndex, name.id)
	return c.scan(index, func(key, _ []byte) error {
		if len(key) != len(index)+4 {
			return errRow
		}
		prefix := k.blocks(binary.BigEndian.Uint32(key[len(index):]), name.id)
		return b.DeleteRange(blockKey(prefix, position), after(prefix), nil)
	})
}

// cutBundles removes the bundles of a stream from the first one on that has
// records behind a cut. Other logs that have records in them are cut there too.
func (c *checking) cutBundles(b *engine.Batch, namespace string, stream uint64) error {
	k := keys{namespace: namespace}
	prefix := k.stream(kindBundle, stream)
	var from []byte
	err := c.scan(prefix, func(key, value []byte) error {
		logs, err := beginnings(value)
		if err != nil {
			return err
		}
		for _, one := range logs {
			cut, ok := c.cuts[cutLog{namespace, log.ID{Stream: stream, Shard: one.shard}}]
			if from == nil && ok && one.position >= cut {
				from = append([]byte(nil), key...)
			}
		}
		if from == nil {
			return nil
		}
		for _, one := range logs {
			name := cutLog{namespace, log.ID{Stream: stream, Shard: one.shard}}
			if cut, ok := c.cuts[name]; !ok || one.position < cut {
				c.cuts[name] = one.position
			}
		}
		return nil
	})
	if err != nil || from == nil {
		return err
	}
	return b.DeleteRange(from, after(prefix), nil)
}

func (c *checking) scan(prefix []byte, f func(key, value []byte) error) error {
	return scanRows(c.engine, prefix, f)
}

// sweep removes the folders of streams that do not exist: a power failure may
// have taken a stream and left its folder.
func (c *checking) sweep() (n int, err error) {
	at := c.engine.Place()
	err = eachNamespace(at.FS, at.Dir, func(namespace, dir string) error {
		last := uint64(0)
		return payload.Each(at.FS, dir, func(stream, _ uint64, _ string) error {
			key := binary.BigEndian.AppendUint64(append([]byte(namespace), 0), stream)
			if stream == last || c.streams[string(key)] {
				return nil
			}
			last = stream
			n++
			return c.whole.filesOf(namespace).Folder(stream).Delete()
		})
	})
	return n, err
}
