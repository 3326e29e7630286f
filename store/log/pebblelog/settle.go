package pebblelog

import (
	"encoding/binary"
	"errors"
)

// Settle sees to it that nothing waits in bundles: all that was appended before
// is where it belongs, and until resume is called no append makes another. A
// copy of the database taken meanwhile needs no ring.
func (l *Log) Settle() (resume func(), err error) {
	l.paused.Add(1)
	resume = func() { l.paused.Add(-1) }
	if err := l.settleAll(); err != nil {
		resume()
		return nil, err
	}
	return resume, nil
}

// takeUp reads what the last process left in bundles.
func (l *Log) takeUp() error {
	ids, err := l.bundledStreams()
	for id := range ids {
		if err == nil {
			_, err = l.stream(id)
		}
	}
	return err
}

// settleAll spreads what waits in all streams.
func (l *Log) settleAll() error {
	if err := l.takeUp(); err != nil {
		return err
	}
	l.mu.RLock()
	all := make([]*stream, 0, len(l.streams))
	for _, st := range l.streams {
		all = append(all, st)
	}
	l.mu.RUnlock()
	for _, st := range all {
		st.mu.Lock()
		err := l.settle(st)
		st.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// bundledStreams lists the streams that have rows of bundles.
func (l *Log) bundledStreams() (map[uint64]bool, error) {
	ids := map[uint64]bool{}
	prefix := l.keys.prefix(kindBundle, 0)
	err := l.scan(prefix, func(key, _ []byte) error {
		if len(key) != len(prefix)+16 {
			return errBundle
		}
		ids[binary.BigEndian.Uint64(key[len(prefix):])] = true
		return nil
	})
	return ids, err
}

// inherit spreads what the last process has left in a ring of its own, and
// removes that. It goes on in the background; a failure leaves things as they
// are, for the next start or the close.
func (l *Log) inherit() {
	l.spreader.mu.Lock()
	defer l.spreader.mu.Unlock()
	if l.spreader.closed {
		return
	}
	l.spreader.running.Go(func() {
		epoch := l.engine.Epoch()
		ids, err := l.bundledStreams()
		for id := range ids {
			st, e := l.stream(id)
			if err == nil {
				err = e
			}
			if st == nil || err != nil {
				continue
			}
			st.mu.Lock()
			if e := l.spread(st); err == nil {
				err = e
			}
			st.mu.Unlock()
		}
		// Rows may have been missed whose removal is seen before it is committed.
		if err == nil {
			err = l.decide()
		}
		if err == nil {
			err = l.engine.Harden()
		}
		if err == nil && l.engine.Epoch() == epoch {
			_ = l.ring.Sweep()
		}
	})
}

// Close spreads what waits and removes the ring. Nobody uses the log any more.
// When it fails, or is not called, the next start finds everything.
func (l *Log) Close() error {
	l.spreader.mu.Lock()
	l.spreader.closed = true
	l.spreader.mu.Unlock()
	l.spreader.running.Wait()
	err := l.settleAll()
	if err == nil {
		err = l.engine.Harden()
	}
	if err != nil { // what waits in the ring goes on to be wanted
		err = errors.Join(err, l.ring.Save())
	}
	if e := l.ring.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = l.ring.Sweep()
	}
	if e := l.decide(); err == nil { // so that no frame is written after its file was closed
		err = e
	}
	l.doubts.keep()
	if e := l.files.Close(); err == nil {
		err = e
	}
	return err
}
