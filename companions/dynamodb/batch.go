package dynamodb

import (
	"context"
	"iter"
	"slices"
)

// useAll finds several tables, by the names that a request gives them, and
// keeps them as they are until done is called.
func (r *Tables) useAll(ctx context.Context, names iter.Seq[string]) (tables map[string]*table, done func(), err error) {
	tables = map[string]*table{}
	held := map[tableKey]*table{}
	var release []func()
	done = func() {
		for _, f := range release {
			f()
		}
	}
	for _, name := range slices.Compact(slices.Sorted(names)) {
		k, err := r.named(ctx, &name)
		if err == nil && held[k] == nil {
			var let func()
			if held[k], let, err = r.useKey(k); err == nil {
				release = append(release, let)
			}
		}
		if err != nil {
			done()
			return nil, nil, err
		}
		tables[name] = held[k]
	}
	return tables, done, nil
}
