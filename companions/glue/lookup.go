package glue

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/store/kv"
)

// read gets a stored record; ok is false when there is none.
func (c *Catalog) read(ctx context.Context, key []byte, into formed) (ok bool, err error) {
	value, ok, err := c.space.Get(ctx, key)
	if err != nil || !ok {
		return false, err
	}
	if err := decode(value, into); err != nil {
		return false, fmt.Errorf("%q: %w", key, err)
	}
	return true, nil
}

// batch collects the changes of one call.
type batch struct {
	kv.Batch
	err error
}

// put adds a record.
func (b *batch) put(key []byte, r formed) {
	value, err := encode(r)
	if err != nil && b.err == nil {
		b.err = err
	}
	b.Set(key, value)
}

// clear adds the removal of all that begins with prefix.
func (b *batch) clear(prefix []byte) { b.DeleteRange(prefix, after(prefix)) }

func (c *Catalog) commit(ctx context.Context, b *batch) error {
	if b.err != nil {
		return b.err
	}
	return c.space.Commit(ctx, &b.Batch)
}

// place is where a call acts.
type place struct {
	catalogKey
	name     string // of the database
	database *databaseRecord
}

// locate finds the database of a call.
func (c *Catalog) locate(ctx context.Context, catalog, database *string) (place, error) {
	k, err := c.catalog(ctx, catalog)
	if err != nil {
		return place{}, err
	}
	return c.find(ctx, k, fold(database))
}

func (c *Catalog) find(ctx context.Context, k catalogKey, name string) (place, error) {
	p := place{k, name, &databaseRecord{}}
	if err := allow(ctx, k, "database/"+name); err != nil {
		return p, err
	}
	ok, err := c.read(ctx, k.database(name), p.database)
	if err == nil && !ok {
		err = errNoDatabase(name)
	}
	return p, err
}

// tablePlace is where a call on a table acts.
type tablePlace struct {
	place
	table *tableRecord
}

func (t tablePlace) under(kind byte) []byte {
	return t.catalogKey.under(kind, t.database.ID, t.table.ID)
}

func (t tablePlace) partitionKey(values []string) []byte {
	return t.catalogKey.partition(t.database.ID, t.table.ID, values)
}

func (t tablePlace) versionKey(number uint64) []byte {
	return t.catalogKey.version(t.database.ID, t.table.ID, number)
}

// open finds a table in its database.
func (c *Catalog) open(ctx context.Context, p place, name string) (tablePlace, error) {
	t := tablePlace{p, &tableRecord{}}
	if err := allow(ctx, p.catalogKey, "table/"+p.name+"/"+name); err != nil {
		return t, err
	}
	ok, err := c.read(ctx, p.catalogKey.table(p.database.ID, name), t.table)
	if err == nil && !ok {
		err = errNoTable(name)
	}
	return t, err
}

// locateTable finds the table of a call.
func (c *Catalog) locateTable(ctx context.Context, catalog, database, table *string) (tablePlace, error) {
	p, err := c.locate(ctx, catalog, database)
	if err != nil {
		return tablePlace{}, err
	}
	return c.open(ctx, p, fold(table))
}

// change finds a table that a call changes and waits for its turn.
func (c *Catalog) change(ctx context.Context, catalog, database, table *string) (tablePlace, func(), error) {
	k, err := c.catalog(ctx, catalog)
	if err != nil {
		return tablePlace{}, nil, err
	}
	done := c.alone(k, fold(database), fold(table))
	t, err := c.locateTable(ctx, aws.String(k.account), database, table)
	if err != nil {
		done()
		return t, nil, err
	}
	return t, done, nil
}

// counts tells how much is below a table.
func (c *Catalog) counts(ctx context.Context, t tablePlace) (*countsRecord, error) {
	n := &countsRecord{}
	_, err := c.read(ctx, t.under(prefixCounts), n)
	return n, err
}
