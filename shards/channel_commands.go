package shards

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"sluice/store/kv"
)

// A channelCommand is one change of a stored channel; what command says of
// those of streams holds for these.
type channelCommand interface {
	kind() string
	apply(st *channelState, at time.Time)
}

// channelCommandOf returns an empty command of a kind to decode into.
func channelCommandOf(kind string) (channelCommand, bool) {
	switch kind {
	case "create":
		return new(createChannel), true
	case "land":
		return new(landChannel), true
	case "update":
		return new(updateChannel), true
	case "delete":
		return new(deleteChannel), true
	case "remove":
		return new(removeChannel), true
	case "tags":
		return new(tagChannel), true
	case "checkpoint":
		return new(checkpoint), true
	}
	return nil, false
}

func applyChannel(state []byte, c kv.Command) ([]byte, error) {
	st := new(channelState)
	if state != nil {
		var err error
		if st, err = decodeChannel(state); err != nil {
			return nil, err
		}
	}
	change, ok := channelCommandOf(c.Kind)
	if !ok {
		return nil, fmt.Errorf("unknown command %q of a channel; a newer version of Sluice wrote it", c.Kind)
	}
	if err := decodeStored(c.Body, change); err != nil {
		return nil, fmt.Errorf("command %s: %w", c.Kind, err)
	}
	change.apply(st, c.At)
	if st.ID == "" {
		return nil, nil
	}
	return encodeStored(st)
}

// proposeChannel makes the catalog's form of a command.
func proposeChannel(k channelKey, version uint64, c channelCommand, at time.Time) (kv.Command, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return kv.Command{}, fmt.Errorf("encode command %s: %w", c.kind(), err)
	}
	return kv.Command{Key: k.entity(), Expect: version, Kind: c.kind(), Body: body, At: at}, nil
}

// createChannel makes the entity, in CREATING.
type createChannel struct {
	State channelState `json:"state"`
}

func (*createChannel) kind() string { return "create" }

func (c *createChannel) apply(st *channelState, at time.Time) {
	*st = c.State
	st.Format, st.Status, st.Created = stateFormat, statusCreating, millis(at)
}

// landChannel ends CREATING and UPDATING.
type landChannel struct {
	// Failed says why a channel could not be provisioned.
	Failed string `json:"failed,omitempty"`
	// Positions is where delivery begins, for a channel that was CREATING.
	Positions map[uint32]int64 `json:"positions,omitempty"`
}

func (*landChannel) kind() string { return "land" }

func (c *landChannel) apply(st *channelState, at time.Time) {
	st.Due = 0
	switch {
	case c.Failed != "":
		st.Status, st.Reason, st.Positions = statusFailed, c.Failed, nil
	case st.Status == statusCreating:
		st.Active, st.Positions = millis(at), c.Positions
		fallthrough
	default:
		st.Status = statusActive
	}
}

// updateChannel changes what may be changed, at once; the channel is UPDATING
// for its time all the same.
type updateChannel struct {
	Freshness int             `json:"freshnessSeconds"`
	Logging   *channelLogging `json:"logging,omitempty"`
	Due       int64           `json:"due"`
}

func (*updateChannel) kind() string { return "update" }

func (c *updateChannel) apply(st *channelState, _ time.Time) {
	st.Freshness, st.Logging = c.Freshness, c.Logging
	st.Status, st.Due = statusUpdating, c.Due
}

// deleteChannel puts a channel into DELETING.
type deleteChannel struct {
	Due int64 `json:"due"`
}

func (*deleteChannel) kind() string { return "delete" }

func (c *deleteChannel) apply(st *channelState, _ time.Time) {
	st.Status, st.Due = statusDeleting, c.Due
}

// removeChannel takes the entity away.
type removeChannel struct{}

func (*removeChannel) kind() string { return "remove" }

func (*removeChannel) apply(st *channelState, _ time.Time) { *st = channelState{} }

// tagChannel sets and removes tags.
type tagChannel struct {
	Set    map[string]string `json:"set,omitempty"`
	Remove []string          `json:"remove,omitempty"`
}

func (*tagChannel) kind() string { return "tags" }

func (c *tagChannel) apply(st *channelState, _ time.Time) {
	for _, key := range c.Remove {
		delete(st.Tags, key)
	}
	if st.Tags == nil && len(c.Set) > 0 {
		st.Tags = make(map[string]string, len(c.Set))
	}
	maps.Copy(st.Tags, c.Set)
}

// checkpoint notes how far a channel has delivered.
type checkpoint struct {
	// Positions are those of all shards that still count.
	Positions map[uint32]int64 `json:"positions,omitempty"`
	Batches   uint64           `json:"batches"`
}

func (*checkpoint) kind() string { return "checkpoint" }

func (c *checkpoint) apply(st *channelState, _ time.Time) {
	st.Positions, st.Batches = c.Positions, c.Batches
}
