package poller

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"sluice/store/kv"
)

// spaceCheckpoints keeps positions in a space: a key per mapping and shard,
// PREFIX uuid / shard, and one without a shard for a mapping that has begun.
type spaceCheckpoints struct {
	space  kv.Space
	prefix string
}

// NewCheckpoints keeps positions in a space, under keys that start with prefix.
func NewCheckpoints(space kv.Space, prefix string) Checkpoints {
	return &spaceCheckpoints{space: space, prefix: prefix}
}

// storedPosition is a position as it is stored. Format grows when a reader of
// an older form would go wrong.
type storedPosition struct {
	Format   int    `json:"v"`
	Shard    string `json:"shard,omitempty"`
	After    string `json:"after,omitempty"`
	At       int64  `json:"at,omitempty"`
	Finished bool   `json:"finished,omitempty"`
}

const positionFormat = 1

func (c *spaceCheckpoints) key(mapping, shard string) []byte {
	return []byte(c.prefix + mapping + "/" + shard)
}

// end is the first key after those of a mapping: '0' follows '/'.
func (c *spaceCheckpoints) end(mapping string) []byte { return []byte(c.prefix + mapping + "0") }

// Load implements Checkpoints.
func (c *spaceCheckpoints) Load(ctx context.Context, mapping string) (positions map[string]Position, ok bool, err error) {
	positions = map[string]Position{}
	from := c.key(mapping, "")
	err = c.space.Scan(ctx, from, c.end(mapping), false, func(key, value []byte) (bool, error) {
		shard := string(bytes.TrimPrefix(key, from))
		if shard == "" {
			ok = true
			return true, nil
		}
		var p storedPosition
		if err := json.Unmarshal(value, &p); err != nil {
			return false, fmt.Errorf("the position in %s: %w", shard, err)
		}
		if p.Format > positionFormat {
			return false, fmt.Errorf("the position in %s was written by a newer Sluice (format %d); use that one", shard, p.Format)
		}
		positions[shard] = Position{Shard: p.Shard, After: p.After, At: p.At, Finished: p.Finished}
		return true, nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("load the checkpoints of mapping %s: %w", mapping, err)
	}
	return positions, ok, nil
}

// Save implements Checkpoints.
func (c *spaceCheckpoints) Save(ctx context.Context, mapping string, changed map[string]Position) error {
	var b kv.Batch
	b.Set(c.key(mapping, ""), []byte("{}"))
	for shard, p := range changed {
		if p == (Position{}) {
			b.Delete(c.key(mapping, shard))
			continue
		}
		value, err := json.Marshal(storedPosition{Format: positionFormat, Shard: p.Shard, After: p.After, At: p.At, Finished: p.Finished})
		if err != nil {
			return fmt.Errorf("write the position in %s: %w", shard, err)
		}
		b.Set(c.key(mapping, shard), value)
	}
	if err := c.space.Commit(ctx, &b); err != nil {
		return fmt.Errorf("save the checkpoints of mapping %s: %w", mapping, err)
	}
	return nil
}

// Drop implements Checkpoints.
func (c *spaceCheckpoints) Drop(ctx context.Context, mapping string) error {
	var b kv.Batch
	b.DeleteRange(c.key(mapping, ""), c.end(mapping))
	if err := c.space.Commit(ctx, &b); err != nil {
		return fmt.Errorf("drop the checkpoints of mapping %s: %w", mapping, err)
	}
	return nil
}
