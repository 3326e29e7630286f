package shards

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"sluice/store/kv"
)

// A command is one change of a stored stream. Its kind and JSON form stay in
// use for years: members may be added, never renamed or given another meaning.
// apply gets a private copy of the state and may change it at will; it looks
// at no clock but at. Checks that a client can fail come before the command is
// proposed, on the view whose version the command expects; an error of apply
// means that the stored state is damaged or newer than this program.
type command interface {
	kind() string
	apply(st *streamState, at time.Time) error
}

// commandOf returns an empty command of a kind to decode into. It is the list
// of all kinds; a new one is a line here and a type beside its operation.
func commandOf(kind string) (command, bool) {
	switch kind {
	case "create":
		return new(createStream), true
	case "begin":
		return new(begin), true
	case "land":
		return new(land), true
	case "open":
		return new(openShards), true
	case "reshard":
		return new(reshard), true
	case "remove":
		return new(removeStream), true
	case "expire":
		return new(expireShards), true
	case "retention":
		return new(setRetention), true
	case "land-consumer":
		return new(landConsumer), true
	case "count":
		return new(countChange), true
	case "register":
		return new(registerConsumer), true
	case "deregister":
		return new(deregisterConsumer), true
	case "tags":
		return new(changeTags), true
	case "policy":
		return new(setPolicy), true
	case "encryption":
		return new(setEncryption), true
	case "metrics":
		return new(setMetrics), true
	case "record-size":
		return new(setRecordSize), true
	case "strategy":
		return new(setStrategy), true
	case "mode":
		return new(setMode), true
	case "warm":
		return new(setWarm), true
	case "scaling":
		return new(setScaling), true
	case "peak":
		return new(notePeak), true
	}
	return nil, false
}

// envelope carries a command inside another.
type envelope struct {
	Kind string          `json:"kind"`
	Body json.RawMessage `json:"body"`
}

// wrap returns the stored form of a command, nil for nil.
func wrap(c command) (*envelope, error) {
	if c == nil {
		return nil, nil
	}
	body, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode command %s: %w", c.kind(), err)
	}
	return &envelope{Kind: c.kind(), Body: body}, nil
}

// unwrap reads a stored command.
func unwrap(kind string, body []byte) (command, error) {
	c, ok := commandOf(kind)
	if !ok {
		return nil, fmt.Errorf("unknown command %q; a newer version of Sluice wrote it", kind)
	}
	if err := decodeStored(body, c); err != nil {
		return nil, fmt.Errorf("command %s: %w", kind, err)
	}
	return c, nil
}

// createStream makes the entity. The shards follow when it lands.
type createStream struct {
	ID           uint64            `json:"id"`
	After        int64             `json:"after,omitempty"` // creation seconds up to this one are taken
	Due          int64             `json:"due"`
	Mode         string            `json:"mode"`
	Shards       int               `json:"shards"`
	Strategy     string            `json:"strategy,omitempty"`
	MaxRecordKiB int               `json:"maxRecordKiB"`
	Warm         int               `json:"warm,omitempty"`
	Tags         map[string]string `json:"tags,omitempty"`
}

func (*createStream) kind() string { return "create" }

func (c *createStream) apply(st *streamState, at time.Time) error {
	then, err := wrap(&openShards{Count: c.Shards, After: c.After})
	if err != nil {
		return err
	}
	*st = streamState{
		Format: stateFormat, ID: c.ID, Created: millis(at), Status: statusCreating,
		Pending:   &pending{Due: c.Due, Kind: then.Kind, Body: then.Body},
		Mode:      c.Mode,
		Strategy:  c.Strategy,
		Retention: 24, MaxRecordKiB: c.MaxRecordKiB,
		Warm: warmThroughput{Target: c.Warm, Current: c.Warm},
		Tags: c.Tags,
	}
	return nil
}

// openShards lays the first shards evenly over the hash space.
type openShards struct {
	Count int   `json:"count"`
	After int64 `json:"after,omitempty"`
}

func (*openShards) kind() string { return "open" }

func (c *openShards) apply(st *streamState, at time.Time) error {
	for i := range c.Count {
		to := lastHash()
		if i+1 < c.Count {
			to = evenStart(i+1, c.Count).previous()
		}
		st.Shards = append(st.Shards, shardRecord{
			index: uint32(i), parent: -1, adjacent: -1, from: evenStart(i, c.Count), to: to,
			createdSec: max(at.Unix(), c.After+1), opened: millis(at),
		})
	}
	st.NextShard = uint32(c.Count)
	return nil
}

// begin starts a change that takes a while: Now takes effect at once, Then
// when it is due. A change that is under way is replaced (DeleteStream may do
// that).
type begin struct {
	Status string    `json:"status"`
	Due    int64     `json:"due"`
	Now    *envelope `json:"now,omitempty"`
	Then   *envelope `json:"then,omitempty"`
}

func (*begin) kind() string { return "begin" }

func (c *begin) apply(st *streamState, at time.Time) error {
	if c.Now != nil {
		now, err := unwrap(c.Now.Kind, c.Now.Body)
		if err != nil {
			return err
		}
		if err := now.apply(st, at); err != nil {
			return err
		}
	}
	st.Status, st.Pending = c.Status, &pending{Due: c.Due}
	if c.Then != nil {
		st.Pending.Kind, st.Pending.Body = c.Then.Kind, c.Then.Body
	}
	return nil
}

// land ends a change: the command that was put off takes effect.
type land struct {
	// Ends is the position after the last record of each parent of a reshard,
	// in the order of reshard.parents.
	Ends []int64 `json:"ends,omitempty"`
}

func (*land) kind() string { return "land" }

func (c *land) apply(st *streamState, at time.Time) error {
	p := st.Pending
	st.Status, st.Pending = statusActive, nil
	if p == nil || p.Kind == "" {
		return nil
	}
	then, err := unwrap(p.Kind, p.Body)
	if err != nil {
		return err
	}
	if r, ok := then.(*reshard); ok {
		r.ends = c.Ends
	}
	return then.apply(st, at)
}

// removeStream takes the entity away; its ID becomes 0.
type removeStream struct{}

func (*removeStream) kind() string { return "remove" }

func (*removeStream) apply(st *streamState, _ time.Time) error {
	*st = streamState{}
	return nil
}

// landConsumer ends CREATING or DELETING of a consumer.
type landConsumer struct {
	Name    string `json:"name"`
	Created int64  `json:"created"`
}

func (*landConsumer) kind() string { return "land-consumer" }

func (c *landConsumer) apply(st *streamState, _ time.Time) error {
	i := st.findConsumer(c.Name)
	if i < 0 || st.Consumers[i].Created != c.Created {
		return nil
	}
	if st.Consumers[i].Status == statusDeleting {
		st.Consumers = slices.Delete(st.Consumers, i, i+1)
		return nil
	}
	st.Consumers[i].Status, st.Consumers[i].Due = statusActive, 0
	return nil
}

// propose makes the catalog's form of a command.
func propose(key string, version uint64, c command, at time.Time) (kv.Command, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return kv.Command{}, fmt.Errorf("encode command %s: %w", c.kind(), err)
	}
	return kv.Command{Key: key, Expect: version, Kind: c.kind(), Body: body, At: at}, nil
}
