package firehose

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sluice/store/log"
)

// The logs of a stream. What is put is raw; what a function has returned, and
// what it has failed with, is cooked and waits in a log of its own, so that a
// delivery that fails does not call the function again.
const (
	rawLog    = 0
	cookedLog = 1
)

// record is one record on its way.
type record struct {
	position int64
	// stored is when it came into the log, which buffers go by, and arrival
	// when the service took it, which keys and functions are told.
	stored, arrival time.Time
	data            []byte
	envelope        envelope
}

// envelope is what is kept of a record besides its data. Records that were put
// directly have none until a function has seen them.
type envelope struct {
	// Arrival is in milliseconds since 1970.
	Arrival int64 `json:"at"`
	// Stored is when a record came that stands in the log of its partition, by
	// which the buffer of the partition goes.
	Stored int64 `json:"stored,omitempty"`
	// Shard, Key, Sequence and Sub say where in a Kinesis stream it was.
	Shard    string `json:"shard,omitempty"`
	Key      string `json:"key,omitempty"`
	Sequence string `json:"sequence,omitempty"`
	Sub      int    `json:"sub,omitempty"`
	// Keys are the partition keys that a function gave it.
	Keys map[string]string `json:"keys,omitempty"`
	// Failure says what went wrong, nil when nothing did.
	Failure *failure `json:"failure,omitempty"`
}

// failure is why a record could not be changed.
type failure struct {
	Kind     string `json:"kind"`
	Code     string `json:"code"`
	Text     string `json:"text"`
	Attempts int    `json:"attempts"`
	Ended    int64  `json:"ended"`
	Function string `json:"function,omitempty"`
}

// seal puts an envelope before the data.
func (e *envelope) seal(data []byte) ([]byte, error) {
	head, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("store a record: %w", err)
	}
	out := make([]byte, 0, binary.MaxVarintLen64+len(head)+len(data))
	out = binary.AppendUvarint(out, uint64(len(head)))
	out = append(out, head...)
	return append(out, data...), nil
}

// unseal reads a record of a log; sealed tells that it has an envelope. The
// data is that of the page.
func unseal(r *log.Record, sealed bool) (record, error) {
	out := record{position: r.Position, stored: r.Arrival, arrival: r.Arrival, data: r.Data}
	if !sealed {
		return out, nil
	}
	n, used := binary.Uvarint(r.Data)
	if used <= 0 || n > uint64(len(r.Data)-used) {
		return out, errors.New("a stored record has no envelope")
	}
	head := r.Data[used : used+int(n)]
	if err := json.Unmarshal(head, &out.envelope); err != nil {
		return out, fmt.Errorf("the envelope of a stored record: %w", err)
	}
	out.arrival, out.data = fromMillis(out.envelope.Arrival), r.Data[used+int(n):]
	if out.envelope.Stored != 0 {
		out.stored = fromMillis(out.envelope.Stored)
	}
	return out, nil
}

// sealed tells whether records of a log have envelopes.
func (st *streamState) sealed(shard uint32) bool {
	return shard != rawLog || st.Type == kinesisSource
}

// logs names the logs of a stream.
func (st *streamState) logs() []log.ID {
	return []log.ID{{Stream: st.ID, Shard: rawLog}, {Stream: st.ID, Shard: cookedLog}}
}

// horizon is before when records are no longer delivered; zero: never. What
// came out of a Kinesis stream is kept until it can be.
func (st *streamState) horizon(now time.Time) time.Time {
	if st.Type == kinesisSource {
		return time.Time{}
	}
	return now.Add(-storage)
}
