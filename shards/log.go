package shards

import (
	"context"
	"time"

	"sluice/store/kv"
	"sluice/store/log"
)

// Log is what this room needs of a log of records. store/log says what each
// verb promises.
type Log interface {
	Records
	Lifecycle
}

// Records is the data plane of a Log.
type Records interface {
	Append(ctx context.Context, batch []log.Entry) (log.Commit, error)
	Read(ctx context.Context, id log.ID, from int64, limit log.Limit) (log.Page, error)
	Seek(ctx context.Context, id log.ID, where log.Where, t time.Time) (int64, error)
}

// Lifecycle makes, closes and removes logs.
type Lifecycle interface {
	Create(ctx context.Context, ids []log.ID) error
	Seal(ctx context.Context, ids []log.ID) ([]int64, error)
	Trim(ctx context.Context, stream uint64, t time.Time) error
	Delete(ctx context.Context, stream uint64) error
}

// Catalog is what this room needs for everything that is not a record. Its
// entities are computed by Apply.
type Catalog interface {
	Propose(ctx context.Context, c kv.Command) (kv.Value, error)
	Get(ctx context.Context, key string) (kv.Value, error)
	Scan(ctx context.Context, prefix string, f func(key string, v kv.Value) error) error
}
