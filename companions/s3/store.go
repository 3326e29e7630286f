package s3

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"sluice/internal/access"
	"sluice/internal/clock"
	"sluice/internal/dice"
	"sluice/store/blob"
	"sluice/store/kv"
)

// Limits of the service.
const (
	maxKey      = 1024
	maxMetadata = 2048
	maxPut      = 5 << 30
	maxObject   = 5 << 40
	minPart     = 5 << 20
	maxParts    = 10_000
	maxBuckets  = 10_000 // of an account
	maxXML      = 2 << 20
)

// inlineBytes is the size up to which bodies are in the database: small enough
// that a put is one write, large enough that files are not many.
const inlineBytes = 64 << 10

// Config of Open.
type Config struct {
	Space  kv.Space
	Bodies blob.Store
	// Clock is service time, which objects are stamped with.
	Clock clock.Clock
	// Host is host time, which presigned URLs expire by.
	Host clock.Clock
	Dice *dice.Dice
	// Logger hears what clients are not told.
	Logger *slog.Logger
	// BodyTimeout is how long a body may stand still, in host time; a minute
	// when zero.
	BodyTimeout time.Duration
	// Guarded tells that signatures are checked: what rooms of the same process
	// do for one account with the buckets of another needs a policy then too.
	Guarded bool
}

// Store is the open room. Its methods may be called concurrently.
type Store struct {
	cfg    Config
	space  kv.Space
	bodies blob.Store
	log    *slog.Logger
	routes routes
	rows   atomic.Uint64 // the last number of a d, m or q row
	seed   maphash.Seed
	pins   pins
	doubts doubts
	// damage is the first damaged or missing body that was met.
	damage atomic.Pointer[error]
	// policies are those of buckets that were asked for.
	policies access.Library
	// buffers are for bodies on their way, of copyBytes each.
	buffers sync.Pool
	digests digests

	// turns make changes of one key follow each other.
	turns [256]sync.Mutex

	mu      sync.RWMutex
	buckets map[string]*bucket // guarded by mu
	lastID  uint64             // guarded by mu
}

// Open opens the room over what its space holds.
func Open(ctx context.Context, c Config) (*Store, error) {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.BodyTimeout == 0 {
		c.BodyTimeout = time.Minute
	}
	s := &Store{cfg: c, space: c.Space, bodies: c.Bodies, log: c.Logger, routes: newRoutes(), seed: maphash.MakeSeed(), buckets: map[string]*bucket{}}
	if err := s.load(ctx); err != nil {
		return nil, fmt.Errorf("open the buckets: %w", err)
	}
	swept, err := s.bodies.Sweep(func(from, to blob.ID) ([]blob.ID, error) { return s.filesInUse(ctx, from, to) })
	if err != nil {
		return nil, fmt.Errorf("sweep the bodies of objects: %w", err)
	}
	if swept.Removed > 0 {
		s.log.Info("bodies of uploads that were cut short were removed", "count", swept.Removed)
	}
	if len(swept.Missing) > 0 {
		s.log.Error("bodies of objects are missing, as a power failure may leave it with durability process; reading them fails", "count", len(swept.Missing))
	}
	return s, nil
}

// Close ends the room, in which no call may be under way.
func (s *Store) Close() error {
	s.digests.close()
	return nil
}

func (s *Store) load(ctx context.Context) error {
	err := s.space.Scan(ctx, []byte{kindBucket}, []byte{kindBucket + 1}, false, func(_, value []byte) (bool, error) {
		record := new(bucketRecord)
		if err := decode(value, record); err != nil {
			return false, err
		}
		s.buckets[record.Name] = newBucket(record)
		s.lastID = max(s.lastID, record.ID)
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, kind := range []byte{kindData, kindParts, kindPart} {
		err := s.space.Scan(ctx, []byte{kind}, []byte{kind + 1}, true, func(key, _ []byte) (bool, error) {
			s.rows.Store(max(s.rows.Load(), binary.BigEndian.Uint64(key[1:9])))
			return false, nil
		})
		if err != nil {
			return err
		}
	}
	return s.loadUploads(ctx)
}

// loadUploads keeps numbers of uploads without parts from being used again.
func (s *Store) loadUploads(ctx context.Context) error {
	return s.space.Scan(ctx, []byte{kindUpload}, []byte{kindUpload + 1}, false, func(_, value []byte) (bool, error) {
		var u upload
		err := decode(value, &u)
		s.rows.Store(max(s.rows.Load(), u.Seq))
		return true, err
	})
}

func (s *Store) filesInUse(ctx context.Context, from, to blob.ID) (ids []blob.ID, err error) {
	err = s.space.Scan(ctx, fileKey(from), fileKey(to), false, func(key, _ []byte) (bool, error) {
		ids = append(ids, blob.ID(binary.BigEndian.Uint64(key[1:])))
		return true, nil
	})
	return ids, err
}

// turn takes the turn to change a key of a bucket.
func (s *Store) turn(bucket uint64, key string) *sync.Mutex {
	var h maphash.Hash
	h.SetSeed(s.seed)
	_, _ = h.Write(binary.BigEndian.AppendUint64(nil, bucket))
	_, _ = h.WriteString(key)
	return &s.turns[h.Sum64()%uint64(len(s.turns))]
}

// commit applies a batch. A full disk is the client's business.
func (s *Store) commit(ctx context.Context, b *kv.Batch) error {
	old := s.doubts.take()
	// Who hangs up after the last byte of a put must not leave it half done.
	err := s.space.Commit(context.WithoutCancel(ctx), b)
	if err == nil {
		s.remove(s.pins.spare(old)) // the store has recovered since they failed
	} else {
		s.doubts.add(old...)
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return &unsure{diskFull()}
	} else if err != nil && !errors.Is(err, blob.ErrFull) {
		return &unsure{err}
	}
	if errors.Is(err, blob.ErrFull) { // it was not begun
		return diskFull()
	}
	return err
}

// now is the present as objects are stamped, whole seconds as HTTP dates are,
// or millis as lists show them.
func (s *Store) now() time.Time { return s.cfg.Clock.Now().UTC().Truncate(time.Millisecond) }
