package firehose

import (
	"context"
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
	for _, w := range s.ways() {
		done, err := f.run(ctx, w, true)
		all.Objects += done.Objects
		all.Failed += done.Failed
		if !w.backup {
			all.Records += done.Records
			all.Bytes += done.Bytes
		}
		if err != nil {
			return all, err
		}
	}
	return all, nil
}
