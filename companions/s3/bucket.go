package s3

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"sluice/internal/caller"
	"sluice/store/kv"
)

// bucket is an open bucket.
type bucket struct {
	id   uint64
	name string
	// life is held for reading while objects change, and for writing while the
	// bucket itself does, so that it is empty when it goes.
	life   sync.RWMutex
	gone   bool // guarded by life
	record atomic.Pointer[bucketRecord]
}

func newBucket(r *bucketRecord) *bucket {
	b := &bucket{id: r.ID, name: r.Name}
	b.record.Store(r)
	return b
}

func (b *bucket) versioning() string { return b.record.Load().Versioning }

// Values of versioning.
const (
	versioningEnabled   = "Enabled"
	versioningSuspended = "Suspended"
)

var (
	bucketForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	addressIP  = regexp.MustCompile(`^\d+\.\d+\.\d+\.\d+$`)
)

// ValidBucketName tells whether a bucket can be called that.
func ValidBucketName(name string) bool {
	if !bucketForm.MatchString(name) || addressIP.MatchString(name) || strings.Contains(name, "..") {
		return false
	}
	for _, prefix := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
		if strings.HasPrefix(name, prefix) && prefix != "amzn-s3-demo-" {
			return false
		}
	}
	for _, suffix := range []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"} {
		if strings.HasSuffix(name, suffix) {
			return false
		}
	}
	return true
}

// find returns a bucket; nil when there is none.
func (s *Store) find(name string) *bucket {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.buckets[name]
}

func (s *Store) mustFind(name string) (*bucket, error) {
	if b := s.find(name); b != nil {
		return b, nil
	}
	return nil, noSuchBucket(name)
}

// create makes a bucket of the caller.
func (s *Store) create(ctx context.Context, name string, prepare func(*bucketRecord)) (*bucket, error) {
	if !ValidBucketName(name) {
		return nil, invalidBucketName(name)
	}
	who, _ := caller.From(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.buckets[name]; old != nil {
		if old.record.Load().Account == who.Account {
			return nil, bucketOwned(name)
		}
		return nil, bucketExists(name)
	}
	if s.countLocked(who.Account) >= maxBuckets {
		return nil, tooManyBuckets()
	}
	record := &bucketRecord{V: recordVersion, ID: s.lastID + 1, Name: name, Account: who.Account, Region: who.Region, Created: s.now()}
	if prepare != nil {
		prepare(record)
	}
	var batch kv.Batch
	batch.Set(bucketKey(name), encode(record))
	if err := s.commit(ctx, &batch); err != nil {
		return nil, err
	}
	s.lastID++
	b := newBucket(record)
	s.buckets[name] = b
	return b, nil
}

func (s *Store) countLocked(account string) (n int) {
	for _, b := range s.buckets {
		if b.record.Load().Account == account {
			n++
		}
	}
	return n
}

// owned lists the buckets of an account by name.
func (s *Store) owned(account string) []*bucketRecord {
	s.mu.RLock()
	var list []*bucketRecord
	for _, b := range s.buckets {
		if r := b.record.Load(); r.Account == account {
			list = append(list, r)
		}
	}
	s.mu.RUnlock()
	slices.SortFunc(list, func(a, b *bucketRecord) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// change changes the record of a bucket.
func (s *Store) change(ctx context.Context, b *bucket, f func(*bucketRecord) error) error {
	b.life.Lock()
	defer b.life.Unlock()
	if b.gone {
		return noSuchBucket(b.name)
	}
	next := *b.record.Load()
	if err := f(&next); err != nil {
		return err
	}
	var batch kv.Batch
	batch.Set(bucketKey(b.name), encode(&next))
	if err := s.commit(ctx, &batch); err != nil {
		return err
	}
	b.record.Store(&next)
	return nil
}

// use runs f while the bucket cannot go away and nobody else changes the key.
func (s *Store) use(b *bucket, key string, f func() error) error {
	b.life.RLock()
	defer b.life.RUnlock()
	if b.gone {
		return noSuchBucket(b.name)
	}
	turn := s.turn(b.id, key)
	turn.Lock()
	defer turn.Unlock()
	return f()
}

// drop removes a bucket that holds nothing but uploads under way.
func (s *Store) drop(ctx context.Context, b *bucket) error {
	b.life.Lock()
	defer b.life.Unlock()
	if b.gone {
		return noSuchBucket(b.name)
	}
	for _, kind := range []byte{kindObject, kindOld} {
		prefix := numbered(kind, b.id)
		empty := true
		err := s.space.Scan(ctx, prefix, after(prefix), false, func(_, _ []byte) (bool, error) {
			empty = false
			return false, nil
		})
		if err != nil {
			return err
		}
		if !empty {
			return bucketNotEmpty(b.name, b.versioning() != "")
		}
	}
	return s.wipe(ctx, b)
}

// wipeRows is how many rows of a bucket are removed at once.
const wipeRows = 5000

// wipe removes a bucket with all it holds. Its life is held.
func (s *Store) wipe(ctx context.Context, b *bucket) error {
	for _, kind := range []byte{kindObject, kindOld, kindUpload} {
		for more := true; more; {
			var err error
			if more, err = s.wipeSome(ctx, kind, b); err != nil {
				return err
			}
		}
	}
	var batch kv.Batch
	batch.Delete(bucketKey(b.name))
	if err := s.commit(ctx, &batch); err != nil {
		return err
	}
	b.gone = true
	s.mu.Lock()
	delete(s.buckets, b.name)
	s.mu.Unlock()
	return nil
}

// wipeSome removes the next rows of a kind, with what they name.
func (s *Store) wipeSome(ctx context.Context, kind byte, b *bucket) (more bool, err error) {
	var batch kv.Batch
	var waste waste
	prefix, n := numbered(kind, b.id), 0
	err = s.space.Scan(ctx, prefix, after(prefix), false, func(key, value []byte) (bool, error) {
		n++
		batch.Delete(bytes.Clone(key))
		return n < wipeRows, s.discardRecord(ctx, kind, value, &waste)
	})
	if err != nil || n == 0 {
		return false, err
	}
	waste.addTo(&batch)
	if err := s.commit(ctx, &batch); err != nil {
		return false, err
	}
	s.clear(&waste)
	return true, nil
}

func (s *Store) discardRecord(ctx context.Context, kind byte, value []byte, w *waste) error {
	if kind == kindUpload {
		var u upload
		if err := decode(value, &u); err != nil {
			return err
		}
		return s.discardUpload(ctx, &u, w)
	}
	var o object
	if err := decode(value, &o); err != nil {
		return err
	}
	return s.discard(ctx, &o, w)
}

// Reset removes the buckets of an account and region, of all where they are
// empty, and tells how many those were.
func (s *Store) Reset(ctx context.Context, account, region string) (removed int, err error) {
	s.mu.RLock()
	var list []*bucket
	for _, b := range s.buckets {
		r := b.record.Load()
		if (account == "" || r.Account == account) && (region == "" || r.Region == region) {
			list = append(list, b)
		}
	}
	s.mu.RUnlock()
	for _, b := range list {
		b.life.Lock()
		if !b.gone {
			err = s.wipe(ctx, b)
			removed++
		}
		b.life.Unlock()
		if err != nil {
			return removed - 1, err
		}
	}
	return removed, nil
}
