package firehose

import (
	"context"
	"slices"
	"time"
)

// Flush delivers all that a stream has taken, buffers closed or not, and tells
// what that came to. It fails where a delivery fails.
func (f *Firehose) Flush(ctx context.Context, name string) (Delivered, error) {
	s, err := f.find(ctx, &name)
	if err != nil {
		return Delivered{}, err
	}
	if !s.state.Load().active() {
		return Delivered{}, errNotActive(s.key)
	}
	var all Delivered
	flush := func(ways []way) error {
		for _, w := range ways {
			done, err := f.run(ctx, w, time.Time{}, true)
			all.Objects += done.Objects
			all.Failed += done.Failed
			if !w.backup {
				all.Records += done.Records
				all.Bytes += done.Bytes
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	ofPartition := func(w way) bool { return w.part != nil }
	// Partitions come last: what is sorted before may begin some.
	err = flush(slices.DeleteFunc(s.ways(), ofPartition))
	if err == nil {
		err = flush(slices.DeleteFunc(s.ways(), func(w way) bool { return !ofPartition(w) }))
	}
	return all, err
}
