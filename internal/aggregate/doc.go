// Package aggregate reads and writes the aggregated records of the Kinesis
// Producer Library: several user records in the data of one stream record.
//
//	F3 89 9A C2 ‖ protobuf AggregatedRecord ‖ MD5 of the protobuf (16 bytes)
//
//	AggregatedRecord { repeated string partition_key_table = 1
//	                   repeated string explicit_hash_key_table = 2
//	                   repeated Record records = 3 }
//	Record           { required uint64 partition_key_index = 1
//	                   optional uint64 explicit_hash_key_index = 2
//	                   required bytes data = 3
//	                   repeated Tag tags = 4 }
//	Tag              { required string key = 1
//	                   optional string value = 2 }
//
// The service itself never looks inside: an aggregate is a record like any
// other until a consumer takes it apart. Whatever is not an aggregate to the
// last bit is a plain record and is delivered as it is.
package aggregate

// The frame around the protobuf.
const (
	magic      = "\xf3\x89\x9a\xc2"
	digestSize = 16
)

// Record is a user record: one of those inside an aggregate.
type Record struct {
	PartitionKey string
	// ExplicitHashKey is a decimal 128-bit number, or empty: the hash is that
	// of the partition key then.
	ExplicitHashKey string
	Data            []byte
	Tags            []Tag
}

// Tag is a label of a user record. The producer library reserves them and
// writes none.
type Tag struct {
	Key string
	// Value is nil when the tag is only a key.
	Value *string
}
