package load

import (
	"bytes"
	"fmt"
	"hash/maphash"
)

// Ledger keeps what the server acknowledged to one connection: for each
// record a print of the shard and the sequence number it was told, or zero
// when the record was refused or never answered.
type Ledger struct {
	seed  maphash.Seed
	acks  []uint64
	batch int
	// CBOR says that answers are in CBOR, not in JSON.
	CBOR bool
}

// NewLedger makes the ledger of a connection. All ledgers of a run share the
// seed.
func NewLedger(seed maphash.Seed, batch int) *Ledger {
	return &Ledger{seed: seed, batch: batch}
}

// Acknowledged counts the records that the server promised to keep.
func (l *Ledger) Acknowledged() int {
	n := 0
	for _, print := range l.acks {
		if print != 0 {
			n++
		}
	}
	return n
}

// Noted counts the records that were put, acknowledged or not.
func (l *Ledger) Noted() int { return len(l.acks) }

// Note reads the answer to the next put, and returns how many of its records
// were acknowledged. Each put of the connection is noted or lost, in order.
func (l *Ledger) Note(answer []byte) (int, error) {
	if l.CBOR {
		return l.noteCBOR(answer)
	}
	if l.batch > 1 {
		i := bytes.Index(answer, []byte(`"Records":[`))
		if i < 0 {
			return 0, fmt.Errorf("PutRecords answered %.200q", answer)
		}
		answer = answer[i:]
	}
	good := 0
	for range l.batch {
		low := bytes.IndexByte(answer, '{')
		high := bytes.IndexByte(answer, '}')
		if low < 0 || high < low {
			return good, fmt.Errorf("%d results for %d records: %.200q", good, l.batch, answer)
		}
		shard := member(answer[low:high], `"ShardId":"`)
		sequence := member(answer[low:high], `"SequenceNumber":"`)
		print := uint64(0)
		if len(shard) > 0 && len(sequence) > 0 {
			print = fingerprint(l.seed, shard, sequence)
			good++
		}
		l.acks = append(l.acks, print)
		answer = answer[high+1:]
	}
	return good, nil
}

// Lost notes that a put had no good answer: its records may be stored or not.
func (l *Ledger) Lost() {
	l.acks = append(l.acks, make([]uint64, l.batch)...)
}

// member returns the string after a mark such as `"Name":"`, or nil.
func member(object []byte, mark string) []byte {
	i := bytes.Index(object, []byte(mark))
	if i < 0 {
		return nil
	}
	text := object[i+len(mark):]
	return text[:max(0, bytes.IndexByte(text, '"'))]
}

// fingerprint is never zero.
func fingerprint(seed maphash.Seed, shard, sequence []byte) uint64 {
	return (maphash.Bytes(seed, sequence) ^ maphash.Bytes(seed, shard)*31) | 1
}
