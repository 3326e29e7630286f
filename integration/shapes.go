package integration

import (
	"testing"
	"time"
)

// The answers below have only the members the tests look at.
type (
	// Record is one record of GetRecords or of an event.
	Record struct {
		SequenceNumber              string
		Data                        []byte
		PartitionKey                string
		ApproximateArrivalTimestamp float64
		EncryptionType              string `json:",omitempty"`
	}
	// ChildShard is what comes at the end of a closed shard.
	ChildShard struct {
		ShardId      string
		ParentShards []string
		HashKeyRange HashKeyRange
	}
	// HashKeyRange has both ends as decimal text.
	HashKeyRange struct{ StartingHashKey, EndingHashKey string }
	// Shard is one entry of ListShards.
	Shard struct {
		ShardId               string
		ParentShardId         string
		HashKeyRange          HashKeyRange
		SequenceNumberRange   struct{ StartingSequenceNumber, EndingSequenceNumber string }
		AdjacentParentShardId string
	}
	// Page is the answer of GetRecords.
	Page struct {
		Records            []Record
		NextShardIterator  string
		MillisBehindLatest *int64
		ChildShards        []ChildShard
	}
	// PutEntry is one answer within PutRecords.
	PutEntry struct{ ShardId, SequenceNumber, ErrorCode, ErrorMessage string }
)

// CreateStream creates a stream and waits until it is active.
func (s *Server) CreateStream(t testing.TB, name string, shards int) {
	t.Helper()
	Must[struct{}](t, s, "CreateStream", map[string]any{"StreamName": name, "ShardCount": shards})
	s.WaitActive(t, name)
}

// WaitActive asks until the stream is ACTIVE.
func (s *Server) WaitActive(t testing.TB, name string) {
	t.Helper()
	type summary struct {
		StreamDescriptionSummary struct{ StreamStatus string }
	}
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		got := Must[summary](t, s, "DescribeStreamSummary", map[string]any{"StreamName": name})
		if got.StreamDescriptionSummary.StreamStatus == "ACTIVE" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("stream %s stays %s", name, got.StreamDescriptionSummary.StreamStatus)
		}
	}
}

// Shards lists all shards of a stream, open and closed.
func (s *Server) Shards(t testing.TB, name string) []Shard {
	t.Helper()
	return Must[struct{ Shards []Shard }](t, s, "ListShards", map[string]any{"StreamName": name}).Shards
}

// Open tells whether the shard still takes records.
func (s Shard) Open() bool { return s.SequenceNumberRange.EndingSequenceNumber == "" }

// Iterator gives an iterator of a type that needs no number or time.
func (s *Server) Iterator(t testing.TB, stream, shard, kind string) string {
	t.Helper()
	return Must[struct{ ShardIterator string }](t, s, "GetShardIterator", map[string]any{
		"StreamName": stream, "ShardId": shard, "ShardIteratorType": kind,
	}).ShardIterator
}

// Page asks once for records.
func (s *Server) Page(t testing.TB, iterator string) Page {
	t.Helper()
	return Must[Page](t, s, "GetRecords", map[string]any{"ShardIterator": iterator})
}

// ReadAll gives all records of a shard, from its oldest to its tip or end, and the shard's children if it is closed.
func (s *Server) ReadAll(t testing.TB, stream, shard string) ([]Record, []ChildShard) {
	t.Helper()
	var records []Record
	for iterator := s.Iterator(t, stream, shard, "TRIM_HORIZON"); ; {
		page := s.Page(t, iterator)
		records = append(records, page.Records...)
		if page.NextShardIterator == "" {
			return records, page.ChildShards
		}
		if len(page.Records) == 0 && *page.MillisBehindLatest == 0 {
			return records, nil
		}
		iterator = page.NextShardIterator
	}
}
