package s3

import (
	"context"
	"errors"
	"sync"

	"sluice/store/blob"
	"sluice/store/kv"
)

// unsure is a commit that failed after it may have been begun: until the store has
// recovered its rows may be found, by the next process too if this one is killed.
type unsure struct{ error }

// Unwrap gives the cause.
func (u *unsure) Unwrap() error { return u.error }

// doubts are bodies that rows of such commits name. They stay until a commit that
// began later has succeeded, or the next start sweeps them.
type doubts struct {
	mu  sync.Mutex
	ids []blob.ID // guarded by mu
}

func (d *doubts) add(ids ...blob.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ids = append(d.ids, ids...)
}

func (d *doubts) take() (ids []blob.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids, d.ids = d.ids, nil
	return ids
}

// commit commits the batch that names a body. It is not forgotten while its rows
// may be found.
func (in *incoming) commit(ctx context.Context, b *kv.Batch) error {
	err := in.s.commit(ctx, b)
	var u *unsure
	if errors.As(err, &u) && in.kept != 0 {
		in.s.doubts.add(in.kept)
		in.kept = 0
	}
	return err
}
