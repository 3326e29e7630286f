package glue

import (
	"context"
	"strconv"

	"sluice/companions/glue/api"
)

// checkIndexes holds indexes of partitions against the keys of their table.
func checkIndexes(keys []column, have []partitionIndex, add ...api.PartitionIndex) ([]partitionIndex, error) {
	out := append([]partitionIndex(nil), have...)
	for _, x := range add {
		one := partitionIndex{Name: fold(x.IndexName), Keys: foldAll(x.Keys)}
		for _, key := range one.Keys {
			if keyType(keys, key) == nil {
				return nil, invalid("%s is not a partition key.", key)
			}
		}
		for _, other := range out {
			if other.Name == one.Name {
				return nil, exists("Index")
			}
		}
		if out = append(out, one); len(out) > maxIndexes {
			return nil, errTooMany("PARTITION_INDEX", maxIndexes)
		}
	}
	return out, nil
}

// maxIndexes is how many indexes a table has at most.
const maxIndexes = 3

// keyType finds the type of a partition key, nil for none. A key without a type is text.
func keyType(keys []column, name string) *string {
	for _, k := range keys {
		if fold(&k.Name) == name {
			if k.Type != nil {
				return k.Type
			}
			text := "string"
			return &text
		}
	}
	return nil
}

// dropTable adds the removal of a table.
func (b *batch) dropTable(t tablePlace) {
	b.Delete(t.catalogKey.table(t.database.ID, t.table.Name))
	b.Delete(t.under(prefixCounts))
	b.clear(t.under(prefixVersion))
	b.clear(t.under(prefixPartition))
}

// removeTables removes tables of a database, whose turn the caller has, and
// calls failed for those that are not there.
func (c *Catalog) removeTables(ctx context.Context, p place, names []string, failed func(name string, err error)) error {
	all := &contentsRecord{}
	contents := p.catalogKey.inside(prefixContents, p.database.ID)
	if _, err := c.read(ctx, contents, all); err != nil {
		return err
	}
	b, seen := &batch{}, map[string]bool{}
	for _, name := range names {
		t, err := c.open(ctx, p, name)
		if err == nil && seen[name] {
			err = errNoTable(name)
		}
		if err != nil {
			failed(name, err)
			continue
		}
		seen[name] = true
		all.Tables--
		b.dropTable(t)
	}
	if len(seen) == 0 {
		return nil
	}
	b.put(contents, all)
	return c.commit(ctx, b)
}

// versionOf reads the id of a version.
func versionOf(id string) (uint64, error) {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || id != strconv.FormatUint(n, 10) {
		return 0, errVersionID(id)
	}
	return n, nil
}

// version finds a version of a table, the one it has now or an old one.
func (c *Catalog) version(ctx context.Context, t tablePlace, id string) (*tableRecord, error) {
	n, err := versionOf(id)
	if err != nil {
		return nil, err
	}
	if n == t.table.Number {
		return t.table, nil
	}
	old := &tableRecord{}
	ok, err := c.read(ctx, t.versionKey(n), old)
	if err == nil && !ok {
		err = errNoVersion()
	}
	return old, err
}
