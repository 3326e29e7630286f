package firehose

import (
	"context"
	"encoding/base64"
	"encoding/binary"

	"github.com/aws/aws-sdk-go-v2/service/firehose/types"

	"sluice/store/log"
)

// maxBatch is how many bytes a batch of records holds at most.
const maxBatch = 4 << 20

// put stores records and returns their ids.
func (f *Firehose) put(ctx context.Context, name *string, records []types.Record) (ids []string, encrypted bool, err error) {
	s, err := f.find(ctx, name)
	if err != nil {
		return nil, false, err
	}
	st := s.state.Load()
	switch {
	case !st.active():
		return nil, false, errNotActive(s.key)
	case st.Type != directPut:
		return nil, false, errPutOnSource()
	case st.Destination.find(decompression) != nil:
		return nil, false, errNotFromLogs(s.key)
	}
	entries := make([]log.Entry, len(records))
	size := 0
	for i := range records {
		entries[i] = log.Entry{Log: st.log(), Data: records[i].Data}
		size += len(records[i].Data)
	}
	if size > maxBatch {
		return nil, false, errBatchTooLong()
	}
	commit, err := f.config.Log.Append(ctx, entries)
	if err != nil {
		return nil, false, err
	}
	if err := commit.Wait(); err != nil {
		return nil, false, err
	}
	placed := commit.Placed()
	counts := &s.pump.counts
	counts.IncomingRecords.Add(uint64(len(records)))
	counts.IncomingBytes.Add(uint64(size))
	f.arrived(s, placed[0].Arrival, int64(size))
	return f.recordIDs(placed), st.Encryption.Enabled && st.Encryption.Changing == 0, nil
}

// recordIDs makes ids that are unique and tell nothing.
func (f *Firehose) recordIDs(placed []log.Placed) []string {
	var id [24]byte
	_, _ = f.config.Dice.Read(id[:16])
	ids := make([]string, len(placed))
	for i := range placed {
		binary.BigEndian.PutUint64(id[16:], uint64(placed[i].Position))
		ids[i] = base64.StdEncoding.EncodeToString(id[:])
	}
	return ids
}
