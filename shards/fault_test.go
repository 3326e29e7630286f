package shards

import (
	"context"
	"errors"
	"sync/atomic"

	"sluice/store/kv"
)

// catalogFault is a catalog that refuses landings when told to.
type catalogFault struct {
	Catalog
	refuse  atomic.Bool
	refused atomic.Int64
}

func (c *catalogFault) Propose(ctx context.Context, cmd kv.Command) (kv.Value, error) {
	if cmd.Kind == "land" && c.refuse.Load() {
		c.refused.Add(1)
		return kv.Value{}, errors.New("no space left for changes")
	}
	return c.Catalog.Propose(ctx, cmd)
}
