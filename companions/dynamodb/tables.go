package dynamodb

import (
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/companions/dynamodb/value"
	"sluice/store/kv"
)

// nameOf takes a table's name, or the name out of its ARN.
func nameOf(text *string) string {
	if text == nil {
		return ""
	}
	if _, name, ok := strings.Cut(*text, ":table/"); ok && strings.HasPrefix(*text, "arn:") {
		return name
	}
	return *text
}

// checkName refuses names that no table can have.
func checkName(name string) error {
	if len(name) < 3 || len(name) > 255 {
		return invalid("TableName must be at least 3 characters long and at most 255 characters long")
	}
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") != "" {
		return invalid("1 validation error detected: Value '%s' at 'tableName' failed to satisfy constraint: "+
			"Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+", name)
	}
	return nil
}

// named is the key of a table of the caller.
func (r *Tables) named(ctx context.Context, text *string) (tableKey, error) {
	k := r.caller(ctx)
	k.name = nameOf(text)
	if k.name != aws.ToString(text) && *text != k.arn() {
		// Policies were asked about the table of the ARN.
		return k, invalid("Invalid TableArn: %s is not of this account and region", *text)
	}
	return k, checkName(k.name)
}

func (r *Tables) get(k tableKey) *table {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.tables[k]
}

// all returns the tables in the order of their keys.
func (r *Tables) all() []*table {
	r.mu.RLock()
	defer r.mu.RUnlock()
	list := make([]*table, 0, len(r.tables))
	for _, t := range r.tables {
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b *table) int {
		return strings.Compare(a.key.account+"\x00"+a.key.region+"\x00"+a.key.name, b.key.account+"\x00"+b.key.region+"\x00"+b.key.name)
	})
	return list
}

// use finds an ACTIVE table for calls that read or write items, and keeps it
// as it is until done is called.
func (r *Tables) use(ctx context.Context, text *string) (t *table, done func(), err error) {
	if name := nameOf(text); len(name) < 3 { // these calls have another text
		return nil, nil, invalid("1 validation error detected: Value '%s' at 'tableName' failed to satisfy constraint: "+
			"Member must have length greater than or equal to 3", name)
	}
	k, err := r.named(ctx, text)
	if err != nil {
		return nil, nil, err
	}
	return r.useKey(k)
}

func (r *Tables) useKey(k tableKey) (t *table, done func(), err error) {
	if t = r.get(k); t == nil {
		return nil, nil, errNoTableHere()
	}
	t.mu.RLock()
	if t.gone || t.record.status(r.clock.Now()) != "ACTIVE" {
		t.mu.RUnlock()
		return nil, nil, errNoTableHere()
	}
	return t, t.mu.RUnlock, nil
}

// fadingRecord finds a table that is DELETING.
func (r *Tables) fadingRecord(k tableKey) *record {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, ok := r.fading[k]
	if !ok {
		return nil
	}
	if !r.clock.Now().Before(f.until) {
		delete(r.fading, k)
		return nil
	}
	return f.record
}

// takeID returns a number that no table has had. making is held.
func (r *Tables) takeID(ctx context.Context, b *kv.Batch) (uint64, error) {
	stored, _, err := r.space.Get(ctx, []byte{prefixNext})
	if err != nil {
		return 0, err
	}
	id := uint64(1)
	if len(stored) == 8 {
		id = binary.BigEndian.Uint64(stored)
	}
	b.Set([]byte{prefixNext}, binary.BigEndian.AppendUint64(nil, id+1))
	return id, nil
}

// change stores another record of a table, and what goes with it. t.mu is held
// for writing.
func (r *Tables) change(ctx context.Context, t *table, next *record, b *kv.Batch) error {
	if t.gone {
		return errNoTable(t.key.name)
	}
	stored, err := next.encode()
	if err != nil {
		return err
	}
	b.Set(t.key.stored(), stored)
	if err := r.space.Commit(context.WithoutCancel(ctx), b); err != nil {
		return err
	}
	t.record = next
	return nil
}

// drop removes a table with all that it holds. making is held.
func (r *Tables) drop(ctx context.Context, t *table) (*record, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := &kv.Batch{}
	b.Delete(t.key.stored())
	for _, kind := range []byte{prefixItem, prefixIndex, prefixExpiry} {
		prefix := tablePrefix(kind, t.record.ID)
		b.DeleteRange(prefix, after(prefix))
	}
	if err := r.space.Commit(context.WithoutCancel(ctx), b); err != nil {
		return nil, err
	}
	t.gone = true
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.tables, t.key)
	return t.record, nil
}

// count makes sure that the numbers of a table count. They are found by reading
// it once, so that no start and no write pays for them.
func (r *Tables) count(ctx context.Context, t *table) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counted {
		return nil
	}
	var items, bytes int64
	prefix := tablePrefix(prefixItem, t.record.ID)
	err := r.space.Scan(ctx, prefix, after(prefix), false, func(_, stored []byte) (bool, error) {
		item, err := value.Decode(stored)
		if err != nil {
			return false, err
		}
		items++
		bytes += int64(item.Size())
		return true, nil
	})
	if err != nil {
		return err
	}
	t.items.Store(items)
	t.bytes.Store(bytes)
	t.counted = true
	return nil
}

// fade keeps the name of a deleted table for a while.
func (r *Tables) fade(k tableKey, rec *record) {
	if r.config.Transition <= 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock.Now()
	for other, f := range r.fading {
		if !now.Before(f.until) {
			delete(r.fading, other)
		}
	}
	r.fading[k] = fadingTable{rec, now.Add(r.config.Transition)}
}

func millis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
