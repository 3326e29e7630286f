package pebblelog

import (
	"context"
	"encoding/binary"
	"time"

	"sluice/store/engine"
)

// Trim implements log.Log. It costs one range delete per bucket and one per
// log, once per bucket's life, and nothing in between.
func (l *Log) Trim(_ context.Context, id uint64, t time.Time) error {
	st, err := l.stream(id)
	if err != nil || st == nil {
		return err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.deleted {
		return nil
	}
	limit := bucketOf(t.UnixMilli())
	old, err := l.before(st, limit)
	if err != nil {
		return err
	}
	if len(old) == 0 { // files may be left of a trim that was cut short
		return translate(l.dropFiles(st, limit))
	}
	if err := l.engine.Ready(); err != nil {
		return translate(err)
	}
	if err := l.settle(st); err != nil { // so that nothing old is left in a bundle
		return translate(err)
	}
	if st.deleted {
		return nil
	}
	if old, err = l.before(st, limit); err != nil { // appends may have come meanwhile
		return err
	}
	return translate(l.trim(st, old, limit))
}

// before lists the buckets of a stream, whose mu is held, below limit.
func (l *Log) before(st *stream, limit uint32) (map[uint32]bool, error) {
	old := map[uint32]bool{}
	for _, s := range st.shards {
		if err := l.load(st, s); err != nil {
			return nil, err
		}
		for _, ref := range s.buckets {
			if ref.bucket >= limit {
				break
			}
			old[ref.bucket] = true
		}
	}
	return old, nil
}

// trim removes the buckets below limit from a stream whose mu is held.
func (l *Log) trim(st *stream, old map[uint32]bool, limit uint32) error {
	b, err := l.engine.NewBatch(96 * (len(old) + 2*len(st.shards)))
	if err != nil {
		return err
	}
	if err := l.dropBuckets(b, st.id, old); err != nil {
		return err
	}
	kept := map[*shard][]bucketRef{}
	for _, s := range st.shards {
		n := bucketSince(s.buckets, int64(limit)*bucketMillis)
		if n == 0 {
			continue
		}
		kept[s] = s.buckets[n:]
		if err := b.DeleteRange(l.keys.index(s.id, 0), l.keys.index(s.id, limit), nil); err != nil {
			return err
		}
		// With its last block goes what told where the log ends. That it is the last
		// may not show: of the buckets that stay some may be of appends that failed.
		if err := b.Set(l.keys.log(kindLog, s.id), s.row(), nil); err != nil {
			return err
		}
	}
	if err := b.Submit(func(error) {}).Wait(); err != nil {
		return err
	}
	for s, refs := range kept {
		s.buckets = refs
	}
	l.reclaim(st.id, old)
	return l.dropFiles(st, limit)
}

// reclaim has the space of removed buckets given back.
func (l *Log) reclaim(stream uint64, buckets map[uint32]bool) {
	for bucket := range buckets {
		prefix := l.keys.bucket(bucket, stream)
		l.engine.Reclaim(prefix, after(prefix))
	}
}

func (l *Log) dropBuckets(b *engine.Batch, stream uint64, buckets map[uint32]bool) error {
	for bucket := range buckets {
		prefix := l.keys.bucket(bucket, stream)
		if err := b.DeleteRange(prefix, after(prefix), nil); err != nil {
			return err
		}
	}
	return nil
}

// Delete implements log.Log.
func (l *Log) Delete(_ context.Context, id uint64) error {
	st, err := l.stream(id)
	if err != nil || st == nil {
		return err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	for st.spreading { // or it would name blocks afterwards
		st.spread.Wait()
	}
	if st.deleted {
		return nil
	}
	if err := l.engine.Ready(); err != nil {
		return translate(err)
	}
	if err := l.remove(st); err != nil {
		return translate(err)
	}
	st.deleted = true
	l.release(st, st.bundles)
	st.bundles = nil
	l.mu.Lock()
	delete(l.streams, id)
	l.mu.Unlock()
	return nil
}

// remove deletes everything of a stream whose mu is held.
func (l *Log) remove(st *stream) error {
	buckets := map[uint32]bool{}
	index := l.keys.stream(kindIndex, st.id)
	err := l.scan(index, func(key, _ []byte) error {
		buckets[binary.BigEndian.Uint32(key[len(key)-4:])] = true
		return nil
	})
	if err != nil {
		return err
	}
	for _, s := range st.shards {
		for _, ref := range s.buckets { // appends that are still queued
			buckets[ref.bucket] = true
		}
	}
	b, err := l.engine.NewBatch(96 * (len(buckets) + 2))
	if err != nil {
		return err
	}
	if err := l.dropBuckets(b, st.id, buckets); err != nil {
		return err
	}
	for _, prefix := range [][]byte{index, l.keys.stream(kindLog, st.id), l.keys.stream(kindBundle, st.id)} {
		if err := b.DeleteRange(prefix, after(prefix), nil); err != nil {
			return err
		}
	}
	folder, err := st.folder(l).Old(^uint32(0))
	folder = folder || err != nil // as if there were something
	if folder {
		// The next start removes what is left of it if this process ends before it has.
		if err := b.Set(l.keys.stream(kindGone, st.id), nil, nil); err != nil {
			return err
		}
	}
	if err := b.Submit(func(error) {}).Wait(); err != nil {
		return err
	}
	l.reclaim(st.id, buckets)
	err = nil
	if folder {
		err = l.engine.Harden()
	}
	if folder && err == nil {
		err = st.folder(l).Delete()
	}
	if err != nil { // the stream is gone nevertheless
		l.engine.Warn("files of a deleted stream could not be removed; the next start does it", "stream", st.id, "error", err)
		// Until its removal is durable, tables that have its rows need its files to be.
		return nil
	}
	st.folder(l).Forget()
	return nil
}
