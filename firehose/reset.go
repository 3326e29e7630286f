package firehose

import (
	"context"
	"errors"
)

// Reset removes the delivery streams of an account and a region, of all where
// they are empty, and tells how many there were.
func (f *Firehose) Reset(ctx context.Context, account, region string) (removed int, err error) {
	ctx = context.WithoutCancel(ctx)
	for _, s := range f.all() {
		if account != "" && s.key.account != account || region != "" && s.key.region != region {
			continue
		}
		s.mu.Lock()
		if !s.gone {
			if e := f.remove(ctx, s); e != nil {
				err = errors.Join(err, e)
			} else {
				removed++
			}
		}
		s.mu.Unlock()
	}
	return removed, err
}
