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

// put stores records and returns their ids, of those that the limits let pass;
// it fails when they let none pass.
func (f *Firehose) put(ctx context.Context, name *string, records []types.Record, batch bool) (ids []string, encrypted bool, err error) {
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
	size, sizes := 0, make([]int, len(records))
	for i := range records {
		entries[i] = log.Entry{Log: st.log(), Data: records[i].Data}
		sizes[i] = len(records[i].Data)
		size += sizes[i]
	}
	if size > maxBatch {
		return nil, false, errBatchTooLong()
	}
	passed := f.admit(s, sizes)
	s.pump.counts.Throttled.Add(uint64(len(records) - passed))
	if passed == 0 {
		f.recordPut(s, batch, 0, 0, len(records))
		return nil, false, errTooFast()
	}
	for _, refused := range sizes[passed:] {
		size -= refused
	}
	entries = entries[:passed]
	commit, err := f.config.Log.Append(ctx, entries)
	if err != nil {
		return nil, false, err
	}
	if err := commit.Wait(); err != nil {
		return nil, false, err
	}
	placed := commit.Placed()
	counts := &s.pump.counts
	counts.IncomingRecords.Add(uint64(passed))
	counts.IncomingBytes.Add(uint64(size))
	f.recordPut(s, batch, passed, size, len(records)-passed)
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
