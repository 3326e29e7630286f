package shards

import (
	"encoding/json"
	"fmt"
	"strings"

	"sluice/store/kv"
)

// Keys of the entities. An account holds one entity per region, a stream one
// of its own; "room" is what all of them share.
const (
	roomKey       = "room"
	streamPrefix  = "stream/"
	accountPrefix = "account/"
)

// roomState is stored once per data folder.
type roomState struct {
	Format int `json:"v"`
	// SealKey seals iterators and tokens. It lives with the data, so that they
	// stay valid over a restart and mean nothing to another instance.
	SealKey []byte `json:"sealKey"`
	// NextStream is the id the next stream gets.
	NextStream uint64 `json:"nextStream"`
	// Graves holds the newest creation second of streams removed just now.
	Graves map[string]int64 `json:"graves,omitempty"`
}

// Kinds of commands on the room.
const (
	kindFound = "found"      // body: the sealing key as JSON
	kindTake  = "take-id"    // no body
	kindBury  = "bury"       // body: a grave
	kindTerms = "commitment" // of accounts
	kindReset = "reset"      // of accounts; no body
)

// Apply computes the state of any entity of this room after a command; it is
// what the assembly opens the catalog with.
func Apply(state []byte, c kv.Command) ([]byte, error) {
	switch {
	case strings.HasPrefix(c.Key, streamPrefix):
		return applyStream(state, c)
	case strings.HasPrefix(c.Key, accountPrefix):
		return applyAccount(state, c)
	case strings.HasPrefix(c.Key, channelPrefix):
		return applyChannel(state, c)
	case c.Key == roomKey:
		return applyRoom(state, c)
	}
	return nil, fmt.Errorf("no entity is called %q", c.Key)
}

func applyStream(state []byte, c kv.Command) ([]byte, error) {
	st := new(streamState)
	if state != nil {
		var err error
		if st, err = decodeState(state); err != nil {
			return nil, err
		}
	}
	change, err := unwrap(c.Kind, c.Body)
	if err != nil {
		return nil, err
	}
	if err := change.apply(st, c.At); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Key, err)
	}
	if st.ID == 0 {
		return nil, nil
	}
	return encodeStored(st)
}

func applyRoom(state []byte, c kv.Command) ([]byte, error) {
	room := roomState{Format: stateFormat, NextStream: 1}
	if state != nil {
		if err := decodeStored(state, &room); err != nil {
			return nil, err
		}
	}
	switch c.Kind {
	case kindFound:
		if err := decodeStored(c.Body, &room.SealKey); err != nil {
			return nil, err
		}
	case kindTake:
		room.NextStream++
	case kindBury:
		var g grave
		if err := decodeStored(c.Body, &g); err != nil {
			return nil, err
		}
		room.bury(g, c.At)
	default:
		return nil, fmt.Errorf("unknown command %q; a newer version of Sluice wrote it", c.Kind)
	}
	return encodeStored(&room)
}

// accountState is stored per account and region.
type accountState struct {
	Format     int        `json:"v"`
	Commitment commitment `json:"commitment"`
}

// commitment is the minimum throughput billing commitment. What it is worth
// at a time follows from the times alone, so nothing has to happen when it ends.
type commitment struct {
	Started     int64 `json:"started,omitempty"` // 0: never
	EarliestEnd int64 `json:"earliestEnd,omitempty"`
	// Ends is when it ends or ended; 0 while it goes on.
	Ends int64 `json:"ends,omitempty"`
}

func applyAccount(state []byte, c kv.Command) ([]byte, error) {
	account := accountState{Format: stateFormat}
	if state != nil {
		if err := decodeStored(state, &account); err != nil {
			return nil, err
		}
	}
	if c.Kind == kindReset {
		return nil, nil
	}
	if c.Kind != kindTerms {
		return nil, fmt.Errorf("unknown command %q; a newer version of Sluice wrote it", c.Kind)
	}
	account.Commitment = commitment{}
	if err := decodeStored(c.Body, &account.Commitment); err != nil {
		return nil, err
	}
	return encodeStored(&account)
}

func encodeStored(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode stored state: %w", err)
	}
	return raw, nil
}
