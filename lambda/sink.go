package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"sluice/lambda/poller"
	"sluice/store/kv"
)

// Bounds of the built-in sink. The oldest failures make room.
const (
	sinkItemsMax = 10_000
	sinkBytesMax = 64 << 20
	// sinkPageBytes bounds a page of the admin API.
	sinkPageBytes = 8 << 20
)

// Failure is a failure that the built-in sink has.
type Failure struct {
	// Number counts failures; a page goes on after one.
	Number                                               uint64
	Mapping, Account, Region, Destination, ShardID, Name string
	AtMillis                                             int64
	Document, Payload                                    json.RawMessage
}

// storedFailure is a failure as it is stored.
type storedFailure struct {
	Mapping     string `json:"mapping"`
	Account     string `json:"account"`
	Region      string `json:"region"`
	Destination string `json:"destination,omitempty"`
	Shard       string `json:"shard"`
	Name        string `json:"name"`
	At          int64  `json:"at"`
	Document    []byte `json:"document"`
	Payload     []byte `json:"payload"`
}

// sink keeps failures in the order they came.
type sink struct {
	space kv.Space

	mu    sync.Mutex
	next  uint64      // guarded by mu
	kept  []sinkEntry // guarded by mu; oldest first
	bytes int64       // guarded by mu; of kept
	lost  int64       // guarded by mu; how many made room since the start
}

type sinkEntry struct {
	number uint64
	size   int64
}

func sinkKey(number uint64) []byte { return fmt.Appendf(nil, "%s%020d", sinkPrefix, number) }

func openSink(ctx context.Context, space kv.Space) (*sink, error) {
	s := &sink{space: space, next: 1}
	from, to := rangeOf(sinkPrefix)
	err := space.Scan(ctx, from, to, false, func(key, value []byte) (bool, error) {
		number, err := strconv.ParseUint(strings.TrimPrefix(string(key), sinkPrefix), 10, 64)
		if err != nil {
			return false, fmt.Errorf("%q is not the key of a failure", key)
		}
		s.kept = append(s.kept, sinkEntry{number, int64(len(value))})
		s.bytes += int64(len(value))
		s.next = number + 1
		return true, nil
	})
	return s, err
}

// add keeps a failure.
func (s *sink) add(ctx context.Context, f poller.Failure, name string) error {
	value, err := encodeStored(storedFailure{Mapping: f.Mapping, Account: f.Account, Region: f.Region, Destination: f.Destination,
		Shard: f.ShardID, Name: name, At: millis(f.At), Document: f.Document, Payload: f.Payload})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var b kv.Batch
	entry := sinkEntry{s.next, int64(len(value))}
	drop, bytes := 0, s.bytes+entry.size
	for ; drop < len(s.kept) && (len(s.kept)-drop >= sinkItemsMax || bytes > sinkBytesMax); drop++ {
		bytes -= s.kept[drop].size
		b.Delete(sinkKey(s.kept[drop].number))
	}
	b.Set(sinkKey(entry.number), value)
	if err := s.space.Commit(ctx, &b); err != nil {
		return fmt.Errorf("keep a failure: %w", err)
	}
	s.next++
	s.kept, s.bytes, s.lost = append(s.kept[drop:], entry), bytes, s.lost+int64(drop)
	return nil
}

// Failures lists what the built-in sink has after a failure, oldest first, of
// one mapping if that is given. more tells that the list goes on.
func (r *Room) Failures(ctx context.Context, account, region, mapping string, after uint64, limit int) (list []Failure, more bool, err error) {
	_, to := rangeOf(sinkPrefix)
	size := 0
	err = r.space.Scan(ctx, sinkKey(after+1), to, false, func(key, value []byte) (bool, error) {
		var f storedFailure
		if err := decodeStored(value, &f); err != nil {
			return false, err
		}
		if f.Account != account || f.Region != region || mapping != "" && f.Mapping != mapping {
			return true, nil
		}
		if len(list) == limit || size > sinkPageBytes {
			more = true
			return false, nil
		}
		number, err := strconv.ParseUint(strings.TrimPrefix(string(key), sinkPrefix), 10, 64)
		size += len(value)
		list = append(list, Failure{Number: number, Mapping: f.Mapping, Account: f.Account, Region: f.Region, Destination: f.Destination,
			ShardID: f.Shard, Name: f.Name, AtMillis: f.At, Document: f.Document, Payload: f.Payload})
		return true, err
	})
	return list, more, err
}

// clear removes the failures of an account and a region.
func (s *sink) clear(ctx context.Context, account, region string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b kv.Batch
	gone := map[uint64]bool{}
	from, to := rangeOf(sinkPrefix)
	err := s.space.Scan(ctx, from, to, false, func(key, value []byte) (bool, error) {
		var f storedFailure
		if err := decodeStored(value, &f); err != nil {
			return false, err
		}
		if within(account, region, f.Account, f.Region) {
			number, err := strconv.ParseUint(strings.TrimPrefix(string(key), sinkPrefix), 10, 64)
			gone[number] = true
			b.Delete(sinkKey(number))
			return true, err
		}
		return true, nil
	})
	if err != nil || len(gone) == 0 {
		return err
	}
	if err := s.space.Commit(ctx, &b); err != nil {
		return err
	}
	kept := []sinkEntry{}
	s.bytes = 0
	for _, e := range s.kept {
		if !gone[e.number] {
			kept, s.bytes = append(kept, e), s.bytes+e.size
		}
	}
	s.kept = kept
	return nil
}
