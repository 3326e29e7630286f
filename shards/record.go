package shards

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/internal/keyhash"
)

// record is one record of a request.
type record struct {
	data     []byte
	key      *string
	explicit *string
	single   bool // of PutRecord, whose members have no list around them
	place    int  // in the list
}

// path names a member of the record as validation texts do.
func (r *record) path(member string) string {
	if r.single {
		return member
	}
	return fmt.Sprintf("records.%d.member.%s", r.place+1, member)
}

// writable finds the stream of a put. One in CREATING is not there yet.
func (s *Streams) writable(ctx context.Context, name, streamARN *string) (*stream, *view, error) {
	st, err := s.resolve(ctx, name, streamARN)
	if err != nil {
		return nil, nil, err
	}
	v := st.view.Load()
	if v.gone || len(v.layout.open) == 0 {
		return nil, nil, errNoStream(st.key)
	}
	return st, v, nil
}

func (s *Streams) newPut(st *stream, n int) *put {
	p, _ := s.puts.Get().(*put)
	if p == nil {
		p = new(put)
	}
	p.reset(st, n)
	return p
}

func (s *Streams) donePut(p *put) {
	p.forget()
	s.puts.Put(p)
}

// takeAll checks the records of a request in the order in which the service
// does: sizes and keys of all, then hash keys, then the sum.
func (p *put) takeAll(v *view, records []types.PutRecordsRequestEntry) error {
	p.records, p.encrypted = records, v.encrypted()
	limit, auto := v.state.MaxRecordKiB<<10, v.state.Strategy == strategyAuto
	total, good := 0, true
	for i := range records {
		r := &records[i]
		size := len(r.Data)
		if r.PartitionKey != nil {
			size += len(*r.PartitionKey)
		} else if !auto {
			good = false
		}
		good = good && size <= limit
		total += size
	}
	if !good {
		var bad failures
		for i := range records {
			r := record{data: records[i].Data, key: records[i].PartitionKey, place: i}
			r.check(v, &bad)
		}
		return bad.err()
	}
	if err := p.placeAll(v, records); err != nil {
		return err
	}
	if total > totalLimit {
		return errTotalSize()
	}
	return nil
}

// placeAll decides what checked records are routed by. The keys that have to be
// hashed are hashed side by side.
func (p *put) placeAll(v *view, records []types.PutRecordsRequestEntry) error {
	if v.state.Strategy == strategyAuto {
		for range records {
			p.hashes = append(p.hashes, p.turn(v))
		}
		return nil
	}
	for len(records) > 0 {
		var keys [keyhash.Width]string
		var sums [keyhash.Width]keyhash.Sum
		some := records[:min(len(records), keyhash.Width)]
		records = records[len(some):]
		for i := range some {
			keys[i] = *some[i].PartitionKey
		}
		keyhash.Many(sums[:len(some)], keys[:len(some)])
		for i := range some {
			h := hash{sums[i].High, sums[i].Low}
			if explicit := some[i].ExplicitHashKey; explicit != nil {
				var ok bool
				if h, ok = parseHash(*explicit); !ok {
					return errHashKeyRange(*explicit)
				}
			}
			p.hashes = append(p.hashes, h)
		}
	}
	return nil
}

// take checks the record of a PutRecord.
func (p *put) take(v *view, r record) error {
	var bad failures
	r.check(v, &bad)
	if err := bad.err(); err != nil {
		return err
	}
	h, err := p.place(v, &r)
	if err != nil {
		return err
	}
	p.single[0] = types.PutRecordsRequestEntry{Data: r.data, PartitionKey: r.key}
	p.records, p.encrypted = p.single[:], v.encrypted()
	p.hashes = append(p.hashes, h)
	return nil
}

// size is what counts against limits: data and key in bytes.
func (r *record) size() int { return len(r.data) + len(aws.ToString(r.key)) }

// check looks at what only the stream knows: how large a record may be, and
// whether it needs a key.
func (r *record) check(v *view, bad *failures) {
	if limit := v.state.MaxRecordKiB << 10; r.size() > limit {
		bad.tooLong(r.path("data"), limit)
	}
	if r.key == nil && v.state.Strategy != strategyAuto {
		bad.missing(r.path("partitionKey"))
	}
}

// place decides what a record is routed by.
func (p *put) place(v *view, r *record) (hash, error) {
	switch {
	case v.state.Strategy == strategyAuto:
		return p.turn(v), nil
	case r.explicit == nil:
		return hashOf(*r.key), nil
	}
	h, ok := parseHash(*r.explicit)
	if !ok {
		return h, errHashKeyRange(*r.explicit)
	}
	return h, nil
}

// turn is where the next record goes under AUTO, where the stream's open shards
// take turns.
func (p *put) turn(v *view) hash {
	return v.layout.starts[p.stream.spread.Add(1)%uint64(len(v.layout.open))]
}

// recordEncryption is how records and puts show it: not at all without.
func (st *streamState) recordEncryption() types.EncryptionType {
	return recordEncryption(st.KeyID != "")
}

func recordEncryption(on bool) types.EncryptionType {
	if on {
		return types.EncryptionTypeKms
	}
	return ""
}
