package dynamodb

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"sluice/companions/dynamodb/expression"
	"sluice/companions/dynamodb/value"
	"sluice/store/kv"
)

// maxItemSize is what an item may count; see value.Item.Size.
const maxItemSize = 400 << 10

// Key sizes.
const (
	maxHashKey  = 2048
	maxRangeKey = 1024
)

// change computes the item after a write from the one before, nil for none.
type change func(old value.Item) (next value.Item, err error)

// write is one change of one item of a table in use.
type write struct {
	table *table
	tail  []byte
	do    change
	// old and next are filled when it is carried out.
	old, next value.Item
}

func (w *write) lock() string {
	return string(tablePrefix(prefixItem, w.table.record.ID)) + string(w.tail)
}

// carryOut makes all changes or none, each item's in its turn.
func (r *Tables) carryOut(ctx context.Context, writes ...*write) error {
	keys := make([]string, len(writes))
	for i, w := range writes {
		keys[i] = w.lock()
	}
	slices.Sort(keys)
	defer r.turns.take(slices.Compact(keys)...)()
	b := &kv.Batch{}
	var failed error
	for _, w := range writes {
		if err := r.compute(ctx, w); errors.Is(err, errCancelled) {
			failed = err // the others may have reasons too
		} else if err != nil {
			return err
		}
	}
	if failed != nil {
		return failed
	}
	for _, w := range writes {
		r.fill(b, w)
	}
	if len(b.Changes) == 0 {
		return nil
	}
	if err := r.space.Commit(context.WithoutCancel(ctx), b); err != nil {
		return err
	}
	for _, w := range writes {
		r.settle(w)
	}
	return nil
}

// compute reads the item and decides what becomes of it.
func (r *Tables) compute(ctx context.Context, w *write) (err error) {
	if w.old, err = r.read(ctx, w.table.record, w.tail); err != nil {
		return err
	}
	w.next, err = w.do(w.old)
	return err
}

// read returns an item, nil when there is none.
func (r *Tables) read(ctx context.Context, rec *record, tail []byte) (value.Item, error) {
	stored, ok, err := r.space.Get(ctx, append(tablePrefix(prefixItem, rec.ID), tail...))
	if err != nil || !ok {
		return nil, err
	}
	return value.Decode(stored)
}

// settle counts and plans what a write has changed.
func (r *Tables) settle(w *write) {
	items, bytes := int64(0), int64(0)
	if w.old != nil {
		items, bytes = items-1, bytes-int64(w.old.Size())
	}
	if w.next != nil {
		items, bytes = items+1, bytes+int64(w.next.Size())
	}
	w.table.items.Add(items)
	w.table.bytes.Add(bytes)
	if due, ok := w.table.record.expires(w.next); ok {
		r.expect(due)
	}
}

// fill puts a write, with its rows in indexes and its expiry, into a batch.
func (r *Tables) fill(b *kv.Batch, w *write) {
	rec := w.table.record
	if w.old == nil && w.next == nil {
		return
	}
	key := append(tablePrefix(prefixItem, rec.ID), w.tail...)
	if w.next == nil {
		b.Delete(key)
	} else {
		b.Set(key, w.next.Encode())
	}
	for i := range rec.Indexes {
		rec.fillIndex(b, &rec.Indexes[i], w)
	}
	old, hadExpiry := rec.expires(w.old)
	next, hasExpiry := rec.expires(w.next)
	if hadExpiry && (!hasExpiry || old != next) {
		b.Delete(rec.expiryKey(old, w.tail))
	}
	if hasExpiry {
		b.Set(rec.expiryKey(next, w.tail), nil)
	}
}

func (rec *record) fillIndex(b *kv.Batch, x *index, w *write) {
	was, is := rec.indexKey(x, w.old, w.tail), rec.indexKey(x, w.next, w.tail)
	if was != nil && !bytes.Equal(was, is) {
		b.Delete(was)
	}
	if is != nil {
		b.Set(is, rec.projected(x, w.next).Encode())
	}
}

// indexKey is where an item stands in an index, nil when it does not.
func (rec *record) indexKey(x *index, item value.Item, tail []byte) []byte {
	for _, name := range x.Key {
		if item[name] == nil || item[name].Kind != rec.kind(name) {
			return nil
		}
	}
	return append(append(indexPrefix(rec.ID, x.ID), x.Key.tail(item)...), tail...)
}

// projected is the part of an item that an index holds.
func (rec *record) projected(x *index, item value.Item) value.Item {
	if x.Projection == "ALL" {
		return item
	}
	return expression.Names(slices.Concat(rec.Key, x.Key, x.Include)).Of(item)
}

func (rec *record) expiryKey(second int64, tail []byte) []byte {
	b := binary.BigEndian.AppendUint64(tablePrefix(prefixExpiry, rec.ID), uint64(second))
	return append(b, tail...)
}

// keyOf checks the key of a request and gives the tail of its item.
func (rec *record) keyOf(key value.Item) ([]byte, error) {
	if len(key) != len(rec.Key) {
		return nil, errKeySchema()
	}
	for i, name := range rec.Key {
		v := key[name]
		if v == nil || v.Kind != rec.kind(name) {
			return nil, errKeySchema()
		}
		if v.Text == "" {
			return nil, badValue("The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", emptyWord(v), name)
		}
		if err := checkKeySize(v, i == 0); err != nil {
			return nil, err
		}
	}
	return rec.Key.tail(key), nil
}

// checkItem checks an item that is put and gives its tail.
func (rec *record) checkItem(item value.Item) ([]byte, error) {
	for i, name := range rec.Key {
		v := item[name]
		switch {
		case v == nil:
			return nil, errKeyMissing(name)
		case v.Kind != rec.kind(name):
			return nil, errKeyType(name, rec.kind(name), v.Kind)
		case v.Text == "":
			return nil, invalid("One or more parameter values are not valid. "+
				"The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", emptyWord(v), name)
		}
		if err := checkKeySize(v, i == 0); err != nil {
			return nil, err
		}
	}
	return rec.Key.tail(item), rec.checkIndexKeys(item)
}

// checkIndexKeys refuses attributes that cannot stand in an index.
func (rec *record) checkIndexKeys(item value.Item) error {
	for _, x := range rec.Indexes {
		for i, name := range x.Key {
			v := item[name]
			if v == nil {
				continue
			}
			if v.Kind != rec.kind(name) {
				return errIndexKeyType(name, rec.kind(name), v.Kind, x.Name)
			}
			if v.Text == "" {
				return invalid("One or more parameter values are not valid. A value specified for a secondary index key is not supported. "+
					"The AttributeValue for a key attribute cannot contain an empty %s value. IndexName: %s, IndexKey: %s", emptyWord(v), x.Name, name)
			}
			if err := checkKeySize(v, i == 0); err != nil {
				return err
			}
		}
	}
	return nil
}

func emptyWord(v *value.Value) string {
	if v.Kind == value.B {
		return "binary"
	}
	return "string"
}

func checkKeySize(v *value.Value, hash bool) error {
	switch {
	case v.Kind == value.N:
	case hash && len(v.Text) > maxHashKey:
		return badValue("Size of hashkey has exceeded the maximum size limit of2048 bytes")
	case !hash && len(v.Text) > maxRangeKey:
		return badValue("Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
	}
	return nil
}

// checkNested refuses paths into key attributes.
func (rec *record) checkNested(nested map[string]bool) error {
	for _, name := range rec.Key {
		if nested[name] {
			return errNested("Key", name)
		}
	}
	for _, x := range rec.Indexes {
		for _, name := range x.Key {
			if nested[name] {
				return errNested("IndexKey", name)
			}
		}
	}
	return nil
}
