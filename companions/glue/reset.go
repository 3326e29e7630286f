package glue

import (
	"context"
	"errors"
)

// Reset removes the databases of an account and a region, of all where they
// are empty, and tells how many there were.
func (c *Catalog) Reset(ctx context.Context, account, region string) (removed int, err error) {
	var found []catalogKey
	from, to := []byte{prefixCatalog}, []byte{prefixCatalog + 1}
	err = c.space.Scan(ctx, from, to, false, func(key, _ []byte) (bool, error) {
		k, ok := parseCatalogKey(key)
		if ok && (account == "" || account == k.account) && (region == "" || region == k.region) {
			found = append(found, k)
		}
		return true, nil
	})
	ctx = context.WithoutCancel(ctx)
	for _, k := range found {
		n, e := c.empty(ctx, k)
		removed, err = removed+n, errors.Join(err, e)
	}
	return removed, err
}

// empty removes a catalog. Its numbers go on, so that none is used twice.
func (c *Catalog) empty(ctx context.Context, k catalogKey) (int, error) {
	defer c.alone(k)()
	all := &catalogRecord{}
	if _, err := c.read(ctx, k.prefix(prefixCatalog), all); err != nil || all.Databases == 0 {
		return 0, err
	}
	n := all.Databases
	all.Databases = 0
	b := &batch{}
	for _, kind := range []byte{prefixDatabase, prefixContents, prefixTable, prefixCounts, prefixVersion, prefixPartition} {
		b.clear(k.prefix(kind))
	}
	b.put(k.prefix(prefixCatalog), all)
	return n, c.commit(ctx, b)
}
