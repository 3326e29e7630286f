package streams

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/internal/aggregate"
)

// Record is a record as `sluice dump` writes it, one JSON object a line, and as
// `put` and `load` read it. The members are stable.
type Record struct {
	ShardID        string `json:"shardId,omitempty"`
	SequenceNumber string `json:"sequenceNumber,omitempty"`
	// SubSequenceNumber counts the user records of an aggregate. It is there
	// only for a record that was taken out of one.
	SubSequenceNumber *int   `json:"subSequenceNumber,omitempty"`
	PartitionKey      string `json:"partitionKey"`
	// ExplicitHashKey is known only of user records of an aggregate: the
	// service does not tell it of others.
	ExplicitHashKey string    `json:"explicitHashKey,omitempty"`
	Arrival         time.Time `json:"arrival,omitzero"`
	Data            []byte    `json:"data"`
}

// Readable is the record's line with its data as "text" where that loses
// nothing, for files that people read and change.
func (r Record) Readable() ([]byte, error) {
	if !utf8.Valid(r.Data) {
		return json.Marshal(r)
	}
	type body = struct {
		ShardID           string    `json:"shardId,omitempty"`
		SequenceNumber    string    `json:"sequenceNumber,omitempty"`
		SubSequenceNumber *int      `json:"subSequenceNumber,omitempty"`
		PartitionKey      string    `json:"partitionKey"`
		ExplicitHashKey   string    `json:"explicitHashKey,omitempty"`
		Arrival           time.Time `json:"arrival,omitzero"`
		Text              string    `json:"text"`
	}
	return json.Marshal(body{r.ShardID, r.SequenceNumber, r.SubSequenceNumber, r.PartitionKey, r.ExplicitHashKey, r.Arrival, string(r.Data)})
}

// ParseRecord reads a line: what dump writes, or an entry of PutRecords in the
// API's spelling. The data is given as "data" in base64, as "text", or as any
// JSON value under "json". A member nobody knows is an error, since it may be a
// misspelt one.
func ParseRecord(line []byte) (Record, error) {
	var in struct {
		Stream            string          `json:"stream"`
		ShardID           string          `json:"shardId"`
		SequenceNumber    string          `json:"sequenceNumber"`
		SubSequenceNumber *int            `json:"subSequenceNumber"`
		PartitionKey      string          `json:"partitionKey"`
		ExplicitHashKey   string          `json:"explicitHashKey"`
		Arrival           time.Time       `json:"arrival"`
		Data              *[]byte         `json:"data"`
		Text              *string         `json:"text"`
		JSON              json.RawMessage `json:"json"`
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return Record{}, fmt.Errorf("not a record: %w", err)
	}
	if d.More() {
		return Record{}, errors.New("not a record: something follows the JSON object")
	}
	r := Record{ShardID: in.ShardID, SequenceNumber: in.SequenceNumber, SubSequenceNumber: in.SubSequenceNumber,
		PartitionKey: in.PartitionKey, ExplicitHashKey: in.ExplicitHashKey, Arrival: in.Arrival}
	given := 0
	if in.Data != nil {
		r.Data, given = *in.Data, given+1
	}
	if in.Text != nil {
		r.Data, given = []byte(*in.Text), given+1
	}
	if in.JSON != nil {
		var compact bytes.Buffer
		if err := json.Compact(&compact, in.JSON); err != nil {
			return Record{}, fmt.Errorf("not a record: %w", err)
		}
		r.Data, given = compact.Bytes(), given+1
	}
	if given != 1 {
		return Record{}, errors.New(`a record has one of "data" (base64), "text" and "json"`)
	}
	return r, nil
}

// recordsOf makes records of what the service returns, taking aggregates apart
// when asked to.
func recordsOf(shard string, in types.Record, deaggregate bool) []Record {
	r := Record{ShardID: shard, SequenceNumber: aws.ToString(in.SequenceNumber), PartitionKey: aws.ToString(in.PartitionKey),
		Arrival: aws.ToTime(in.ApproximateArrivalTimestamp).UTC(), Data: in.Data}
	if !deaggregate {
		return []Record{r}
	}
	inner, ok := aggregate.Decode(in.Data)
	if !ok {
		return []Record{r}
	}
	list := make([]Record, len(inner))
	for i, user := range inner {
		list[i] = r
		list[i].PartitionKey, list[i].ExplicitHashKey, list[i].Data = user.PartitionKey, user.ExplicitHashKey, user.Data
		list[i].SubSequenceNumber = aws.Int(i)
	}
	return list
}
