package torture

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	"sluice/store/log"
)

// place is where a record is.
type place struct {
	id       log.ID
	position int64
}

// seen is what a reader has read during a life.
type seen struct {
	mu     sync.Mutex       // guards at; the rest is the reader's until it has ended
	at     map[string]int64 // the tick after which a text was seen, by name
	places map[place]string // what is where
	err    error
}

// watch reads what writers write, until done.
func (w *world) watch(done <-chan struct{}) {
	for i := 0; w.seen.err == nil; i++ {
		select {
		case <-done:
			return
		default:
		}
		n := i % len(w.writers)
		if w.seen.err = w.glance(n, i); !errors.Is(w.seen.err, errBroken) && w.trouble.begun() {
			w.seen.err = nil // the store may be opening anew
		}
		runtime.Gosched()
	}
}

func (w *world) note(text string) {
	name := nameOf(text)
	w.seen.mu.Lock()
	defer w.seen.mu.Unlock()
	if _, ok := w.seen.at[name]; !ok {
		w.seen.at[name] = w.ticks.Add(1)
	}
}

// glance reads some of what a writer has.
func (w *world) glance(n, i int) error {
	switch i / len(w.writers) % 3 {
	case 0:
		id := log.ID{Stream: uint64(n+1)*1000 + uint64(i/7%2), Shard: uint32(i % w.shards)}
		records, err := readAll(w.log, id)
		if err != nil {
			return nil //nolint:nilerr // it may not be there (yet, or any more)
		}
		for _, r := range records {
			at := place{id, r.position}
			if before, ok := w.seen.places[at]; ok && before != r.text {
				return fmt.Errorf("%w: %v held %.40q and then %.40q", errBroken, at, before, r.text)
			}
			w.seen.places[at] = r.text
			w.note(r.text)
		}
	case 1:
		v, err := w.store.Catalog("test", set).Get(ctx, fmt.Sprintf("w%d/%d", n, i%6))
		if err == nil && v.Version > 0 {
			w.note(string(v.State))
		}
		return err
	case 2:
		prefix := fmt.Sprintf("w%d/k", n)
		return w.store.Space("test").Scan(ctx, []byte(prefix), []byte(prefix+"~"), false, func(_, value []byte) (bool, error) {
			w.note(string(value))
			return true, nil
		})
	}
	return nil
}

// heed treats what was seen as acknowledged by then: nothing readable is ever
// taken back. What failed must not be seen.
func (w *world) heed() error {
	for _, wr := range w.writers {
		for _, o := range wr.ops {
			for _, name := range o.texts {
				at, ok := w.seen.at[name]
				if ok && o.failed {
					return fmt.Errorf("%w: %s failed, and was read: %s", errBroken, o.what, name)
				}
				if ok && (o.acked == 0 || at < o.acked) {
					o.acked = at
				}
			}
		}
	}
	return nil
}
