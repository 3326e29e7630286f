package shards

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"sluice/store/kv"
)

// A sequence number tells streams of one name apart by the second in which
// their shards were created. At AWS a name is free again minutes after it was
// taken, here in the same second; so the room remembers what a removed stream
// has used up, as long as it is not in the past.

// grave is what a removed stream leaves behind, for a second or so.
type grave struct {
	Entity string `json:"entity"`
	Second int64  `json:"second"` // the latest creation second in its numbers
}

// bury notes the newest creation second of a stream that is about to go.
func (s *Streams) bury(ctx context.Context, k streamKey, state *streamState) error {
	g := grave{Entity: k.entity()}
	for i := range state.Shards {
		g.Second = max(g.Second, state.Shards[i].createdSec)
	}
	if g.Second < s.clock.Now().Unix() {
		return nil // whoever comes next is later
	}
	body, err := json.Marshal(g)
	if err != nil {
		return err
	}
	for {
		v, err := s.catalog.Get(ctx, roomKey)
		if err == nil {
			_, err = s.catalog.Propose(ctx, kv.Command{Key: roomKey, Expect: v.Version, Kind: kindBury, Body: body, At: s.clock.Now()})
		}
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, kv.ErrConflict):
			return fmt.Errorf("note the sequence numbers of stream %s: %w", k.name, err)
		}
	}
}

// usedUp returns the last creation second that former streams of a name have
// taken, 0 when that is long ago.
func (s *Streams) usedUp(ctx context.Context, k streamKey) (int64, error) {
	v, err := s.catalog.Get(ctx, roomKey)
	if err != nil {
		return 0, fmt.Errorf("read what former streams have used up: %w", err)
	}
	var room roomState
	if err := decodeStored(v.State, &room); err != nil {
		return 0, err
	}
	return room.Graves[k.entity()], nil
}

// bury adds a grave and levels those that lie in the past.
func (r *roomState) bury(g grave, at time.Time) {
	maps.DeleteFunc(r.Graves, func(_ string, second int64) bool { return second < at.Unix() })
	if r.Graves == nil {
		r.Graves = map[string]int64{}
	}
	r.Graves[g.Entity] = max(r.Graves[g.Entity], g.Second)
}
