package pebblekv

import (
	"bytes"
	"context"

	"github.com/cockroachdb/pebble/v2"

	"sluice/store/engine"
	"sluice/store/kv"
)

// kindPair begins the keys of spaces. Then follow the namespace, a zero byte,
// and the room's key. The value is the room's.
const kindPair byte = 's'

// Ordered implements kv.Space in Pebble. What it shows is durable.
type Ordered struct {
	engine *engine.Engine
	prefix []byte
	end    []byte // the first key after all with the prefix
}

// NewOrdered returns the space of a namespace, which is text without zero bytes.
func NewOrdered(e *engine.Engine, namespace string) *Ordered {
	e.KeepDurable()
	prefix := append(append([]byte{kindPair}, namespace...), 0)
	end := bytes.Clone(prefix)
	end[len(end)-1] = 1
	return &Ordered{engine: e, prefix: prefix, end: end}
}

// stored is a key as it stands in Pebble; the end of all when key is nil.
func (o *Ordered) stored(key []byte) []byte {
	if key == nil {
		return o.end
	}
	return append(append(make([]byte, 0, len(o.prefix)+len(key)), o.prefix...), key...)
}

// from is stored for the lower bound of a range, which nil does not bound.
func (o *Ordered) from(key []byte) []byte {
	if key == nil {
		return o.prefix
	}
	return o.stored(key)
}

// Get implements kv.Space.
func (o *Ordered) Get(_ context.Context, key []byte) (value []byte, ok bool, err error) {
	err = o.engine.ReadDurable(func(r pebble.Reader) error {
		found, closer, err := r.Get(append(bytes.Clone(o.prefix), key...))
		if err == pebble.ErrNotFound {
			return nil
		}
		if err != nil {
			return err
		}
		value, ok = append(make([]byte, 0, len(found)), found...), true
		return closer.Close()
	})
	return value, ok, err
}

// Scan implements kv.Space.
func (o *Ordered) Scan(ctx context.Context, from, to []byte, reverse bool, f func(key, value []byte) (bool, error)) error {
	lower, upper := o.from(from), o.stored(to)
	if bytes.Compare(lower, upper) >= 0 {
		return nil
	}
	return o.engine.ReadDurable(func(r pebble.Reader) (err error) {
		it, err := r.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: lower, UpperBound: upper})
		if err != nil {
			return err
		}
		defer func() {
			if e := it.Close(); err == nil {
				err = e
			}
		}()
		first, next := it.First, it.Next
		if reverse {
			first, next = it.Last, it.Prev
		}
		for ok := first(); ok; ok = next() {
			value, err := it.ValueAndErr()
			if err != nil {
				return err
			}
			if more, err := f(it.Key()[len(o.prefix):], value); err != nil || !more {
				return err
			}
		}
		return it.Error()
	})
}

// Commit implements kv.Space.
func (o *Ordered) Commit(_ context.Context, b *kv.Batch) error {
	size, grows := 0, false
	for _, c := range b.Changes {
		size += len(o.prefix) + len(c.Key) + len(c.Value) + 16
		grows = grows || !c.Remove
	}
	ready := o.engine.Ready
	if grows {
		ready = func() error { return o.engine.Admit(size) }
	}
	if err := ready(); err != nil {
		return err
	}
	batch, err := o.engine.NewBatch(size + 64)
	if err != nil {
		return err
	}
	if err := o.fill(batch, b); err != nil {
		return err
	}
	return batch.Submit(func(error) {}).Wait()
}

func (o *Ordered) fill(batch *engine.Batch, b *kv.Batch) error {
	for _, r := range b.Ranges {
		from, to := o.from(r.From), o.stored(r.To)
		if bytes.Compare(from, to) >= 0 {
			continue
		}
		if err := batch.DeleteRange(from, to, nil); err != nil {
			return err
		}
	}
	for _, c := range b.Changes {
		key := append(bytes.Clone(o.prefix), c.Key...)
		var err error
		if c.Remove {
			err = batch.Delete(key, nil)
		} else {
			err = batch.Set(key, c.Value, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
