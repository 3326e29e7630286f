package shards

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// stateFormat is the version of every stored form of this room.
const stateFormat = 1

// Statuses a stream or a consumer can be in, spelled as the service does.
const (
	statusCreating = "CREATING"
	statusActive   = "ACTIVE"
	statusUpdating = "UPDATING"
	statusDeleting = "DELETING"
)

// Modes, strategies and encryption as they are stored.
const (
	modeProvisioned = "PROVISIONED"
	modeOnDemand    = "ON_DEMAND"
	strategyAuto    = "AUTO"
	strategyKey     = "USER_PARTITION_KEY"
)

// streamState is everything stored of one stream. It is Sluice's own form,
// never a shape of the SDK, and it is immutable once a view shows it: apply
// functions change a fresh copy. Times are milliseconds since 1970, so that
// stored bytes do not depend on a zone or a Go version.
type streamState struct {
	Format  int      `json:"v"`
	ID      uint64   `json:"id"` // never used twice, names the logs
	Created int64    `json:"created"`
	Status  string   `json:"status"`
	Pending *pending `json:"pending,omitempty"`

	Mode      string `json:"mode"`
	Strategy  string `json:"strategy,omitempty"` // empty: USER_PARTITION_KEY
	Retention int    `json:"retentionHours"`
	// Floor hides what had expired when retention was last changed: an
	// increase must not bring it back.
	Floor        int64             `json:"floor,omitempty"`
	MaxRecordKiB int               `json:"maxRecordKiB"`
	KeyID        string            `json:"keyId,omitempty"` // empty: not encrypted
	Metrics      []string          `json:"metrics,omitempty"`
	Warm         warmThroughput    `json:"warm,omitzero"`
	Peaks        []peak            `json:"peaks,omitempty"`   // of an on-demand stream; see notePeak
	Scaling      *storedPolicy     `json:"scaling,omitempty"` // nil: its tag, if there is one
	Tags         map[string]string `json:"tags,omitempty"`
	Policy       string            `json:"policy,omitempty"`
	Consumers    []consumer        `json:"consumers,omitempty"` // in order of registration
	// Retired holds when consumers that are no more were created, as long as
	// a new one of the same name could get the same ARN.
	Retired map[string]int64 `json:"retired,omitempty"`

	Shards    shardTable `json:"shards,omitempty"` // ascending by index
	NextShard uint32     `json:"nextShard"`

	// Changes holds when what was changed, for limits per 24 hours; see history.go.
	Changes map[string][]int64 `json:"changes,omitempty"`
}

// warmThroughput is in MiB a second.
type warmThroughput struct {
	Target  int `json:"target,omitempty"`
	Current int `json:"current,omitempty"`
}

// consumer is a registered consumer of enhanced fan-out.
type consumer struct {
	Name    string            `json:"name"`
	Created int64             `json:"created"` // whole seconds, in milliseconds
	Status  string            `json:"status"`
	Due     int64             `json:"due,omitempty"` // when CREATING or DELETING ends
	Tags    map[string]string `json:"tags,omitempty"`
	Policy  string            `json:"policy,omitempty"`
}

// pending is a change put off: the command that lands when it is due.
type pending struct {
	Due  int64           `json:"due"`
	Kind string          `json:"kind,omitempty"` // empty: nothing but the status changes
	Body json.RawMessage `json:"body,omitempty"`
}

// shardRecord is what is stored of one shard.
type shardRecord struct {
	index            uint32
	parent, adjacent int64 // indexes, −1 for none
	from, to         hash
	createdSec       int64 // as sequence numbers show it
	opened, closed   int64 // real life in milliseconds, half open; closed 0 while open
	end              int64 // position after the last record, once closed
}

// shardTable is stored as one compact binary value: 10,000 shards as JSON
// objects would make every change of a tag write megabytes.
type shardTable []shardRecord

// tableFormat opens a stored shard table.
const tableFormat = 1

var errTable = errors.New("damaged shard table")

// MarshalJSON writes the table as a base64 string.
func (t shardTable) MarshalJSON() ([]byte, error) {
	raw := make([]byte, 0, 1+len(t)*64)
	raw = append(raw, tableFormat)
	for i := range t {
		raw = t[i].append(raw)
	}
	out := make([]byte, 0, base64.StdEncoding.EncodedLen(len(raw))+2)
	out = append(out, '"')
	out = base64.StdEncoding.AppendEncode(out, raw)
	return append(out, '"'), nil
}

func (r *shardRecord) append(raw []byte) []byte {
	raw = binary.AppendUvarint(raw, uint64(r.index))
	raw = binary.AppendVarint(raw, r.parent)
	raw = binary.AppendVarint(raw, r.adjacent)
	for _, v := range [...]uint64{r.from.hi, r.from.lo, r.to.hi, r.to.lo} {
		raw = binary.BigEndian.AppendUint64(raw, v)
	}
	for _, v := range [...]int64{r.createdSec, r.opened, r.closed, r.end} {
		raw = binary.AppendVarint(raw, v)
	}
	return raw
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *shardTable) UnmarshalJSON(text []byte) error {
	var raw []byte
	if err := json.Unmarshal(text, &raw); err != nil {
		return fmt.Errorf("%w: %w", errTable, err)
	}
	if len(raw) == 0 || raw[0] != tableFormat {
		return fmt.Errorf("%w: unknown format", errTable)
	}
	r := tableReader{raw: raw[1:]}
	table := make(shardTable, 0, len(raw)/56+1)
	for len(r.raw) > 0 && !r.bad {
		table = append(table, r.record())
	}
	if r.bad {
		return errTable
	}
	*t = table
	return nil
}

// tableReader takes fields off the front; bad sticks.
type tableReader struct {
	raw []byte
	bad bool
}

func (r *tableReader) record() (rec shardRecord) {
	index, n := binary.Uvarint(r.raw)
	r.skip(n)
	rec.index = uint32(index)
	rec.parent, rec.adjacent = r.varint(), r.varint()
	for _, p := range [...]*uint64{&rec.from.hi, &rec.from.lo, &rec.to.hi, &rec.to.lo} {
		if len(r.raw) < 8 {
			r.bad = true
			return rec
		}
		*p = binary.BigEndian.Uint64(r.raw)
		r.skip(8)
	}
	for _, p := range [...]*int64{&rec.createdSec, &rec.opened, &rec.closed, &rec.end} {
		*p = r.varint()
	}
	return rec
}

func (r *tableReader) varint() int64 {
	v, n := binary.Varint(r.raw)
	r.skip(n)
	return v
}

func (r *tableReader) skip(n int) {
	if n <= 0 || n > len(r.raw) {
		r.raw, r.bad = nil, true
		return
	}
	r.raw = r.raw[n:]
}

// decodeState reads a stored stream.
func decodeState(raw []byte) (*streamState, error) {
	st := new(streamState)
	if err := decodeStored(raw, st); err != nil {
		return nil, err
	}
	if st.Format > stateFormat {
		return nil, fmt.Errorf("the stored stream has format %d, this version of Sluice reads up to %d; use a newer one", st.Format, stateFormat)
	}
	return st, nil
}

func decodeStored(raw []byte, into any) error {
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("read stored state: %w", err)
	}
	return nil
}

// millis is the stored form of a time; timeOf reads it.
func millis(t time.Time) int64  { return t.UnixMilli() }
func timeOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// findConsumer returns the consumer's place in Consumers, −1 for none.
func (st *streamState) findConsumer(name string) int {
	for i := range st.Consumers {
		if st.Consumers[i].Name == name {
			return i
		}
	}
	return -1
}
