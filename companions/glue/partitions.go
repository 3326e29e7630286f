package glue

import (
	"context"

	"sluice/companions/glue/api"
	"sluice/companions/glue/predicate"
)

// checkValues holds the values of a partition against the keys of its table.
func (t tablePlace) checkValues(values []string) error {
	if len(values) != len(t.table.Keys) || len(values) == 0 {
		return errValueCount()
	}
	return nil
}

// getPartition reads a partition.
func (c *Catalog) getPartition(ctx context.Context, t tablePlace, values []string) (*partitionRecord, error) {
	if err := t.checkValues(values); err != nil {
		return nil, err
	}
	r := &partitionRecord{}
	ok, err := c.read(ctx, t.partitionKey(values), r)
	if err == nil && !ok {
		err = errNoPartition()
	}
	return r, err
}

// changes are those that one call makes to the partitions of a table, whose
// turn it has. Each reads what those before it have done.
type changes struct {
	c      *Catalog
	t      tablePlace
	b      batch
	counts *countsRecord
	before int
	// now says which partitions are there after the changes so far, by key.
	now map[string]*partitionRecord
}

func (c *Catalog) changes(ctx context.Context, t tablePlace) (*changes, error) {
	n, err := c.counts(ctx, t)
	if err != nil {
		return nil, err
	}
	return &changes{c: c, t: t, counts: n, before: n.Partitions, now: map[string]*partitionRecord{}}, nil
}

// get reads a partition as it is after the changes so far.
func (x *changes) get(ctx context.Context, values []string) (*partitionRecord, error) {
	if r, known := x.now[string(x.t.partitionKey(values))]; known {
		if r == nil {
			return nil, errNoPartition()
		}
		return r, nil
	}
	return x.c.getPartition(ctx, x.t, values)
}

func (x *changes) set(r *partitionRecord) {
	key := x.t.partitionKey(r.Values)
	x.now[string(key)] = r
	x.b.put(key, r)
}

func (x *changes) create(ctx context.Context, path string, in *api.PartitionInput) error {
	r, err := partitionOf(path, in)
	if err != nil {
		return err
	}
	switch _, err := x.get(ctx, r.Values); {
	case err == nil:
		return exists("Partition")
	case !NotFound(err):
		return err
	case x.counts.Partitions >= x.c.quotas.Partitions:
		return errTooMany("PARTITION", x.c.quotas.Partitions)
	}
	x.counts.Partitions++
	r.Created = x.c.now()
	x.set(r)
	return nil
}

// update changes a partition; other values move it.
func (x *changes) update(ctx context.Context, values []string, path string, in *api.PartitionInput) error {
	r, err := partitionOf(path, in)
	if err != nil {
		return err
	}
	old, err := x.get(ctx, values)
	if err != nil {
		return err
	}
	if r.Values == nil {
		r.Values = values
	}
	if err := x.t.checkValues(r.Values); err != nil {
		return err
	}
	from, to := x.t.partitionKey(values), x.t.partitionKey(r.Values)
	if string(from) != string(to) {
		switch _, err := x.get(ctx, r.Values); {
		case err == nil:
			return exists("Partition")
		case !NotFound(err):
			return err
		}
		x.now[string(from)] = nil
		x.b.Delete(from)
	}
	r.Created = old.Created
	x.set(r)
	return nil
}

func (x *changes) remove(ctx context.Context, values []string) error {
	if _, err := x.get(ctx, values); err != nil {
		return err
	}
	key := x.t.partitionKey(values)
	x.counts.Partitions--
	x.now[string(key)] = nil
	x.b.Delete(key)
	return nil
}

// commit makes the changes, if there are any.
func (x *changes) commit(ctx context.Context) error {
	if len(x.now) == 0 {
		return nil
	}
	if x.counts.Partitions != x.before {
		x.b.put(x.t.under(prefixCounts), x.counts)
	}
	return x.c.commit(ctx, &x.b)
}

// changePartitions makes changes to the partitions of a table in its turn.
func (c *Catalog) changePartitions(ctx context.Context, catalog, database, table *string, f func(*changes) error) error {
	t, done, err := c.change(ctx, catalog, database, table)
	if err != nil {
		return err
	}
	defer done()
	x, err := c.changes(ctx, t)
	if err != nil {
		return err
	}
	if err := f(x); err != nil {
		return err
	}
	return x.commit(ctx)
}

// predicateKeys are the partition keys of a table as expressions know them.
func (t tablePlace) predicateKeys() []predicate.Key {
	return each(t.table.Keys, func(k column) predicate.Key {
		name := fold(&k.Name)
		return predicate.Key{Name: name, Type: *keyType(t.table.Keys, name)}
	})
}
