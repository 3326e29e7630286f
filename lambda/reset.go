package lambda

import (
	"context"
	"errors"
)

// within tells whether something of an account and a region is meant; empty
// names mean all.
func within(account, region, itsAccount, itsRegion string) bool {
	return (account == "" || account == itsAccount) && (region == "" || region == itsRegion)
}

// Reset removes mappings, functions, asynchronous invocations and failures of an account and a region,
// of all where they are empty. It returns how many mappings and functions are
// gone. Functions that were registered otherwise stay.
func (r *Room) Reset(ctx context.Context, account, region string) (removed int, err error) {
	for _, m := range r.mappingsWhere(func(m *mapping) bool { return within(account, region, m.key.Account, m.key.Region) }) {
		m.mu.Lock()
		if !m.gone {
			failed := r.remove(ctx, m)
			err = errors.Join(err, failed)
			if failed == nil {
				removed++
			}
		}
		m.mu.Unlock()
	}
	for _, f := range r.functionsWhere(account, region) {
		f.mu.Lock()
		if !f.gone {
			failed := r.removeFunction(ctx, f)
			err = errors.Join(err, failed)
			if failed == nil {
				removed++
			}
		}
		f.mu.Unlock()
	}
	return removed, errors.Join(err, r.resetBacklog(ctx, account, region), r.sink.clear(ctx, account, region))
}
