package aggregate

import (
	"crypto/md5"

	"google.golang.org/protobuf/encoding/protowire"
)

// Builder packs records in the order they are added. Its bytes are those of
// the producer library: each key stands once in its table, in the order of
// first use, and the fields of the message come in the order of their numbers.
// The zero value is ready; it is for one goroutine.
type Builder struct {
	partitionKeys, hashKeys keys
	records                 []byte
	count                   int
	firstPartitionKey       string
	firstHashKey            string
}

// keys is a table of strings, each at the place of its first use.
type keys struct {
	places  map[string]uint64
	encoded []byte
}

// place returns where key stands, or would stand, and whether it is new.
func (k *keys) place(key string) (at uint64, isNew bool) {
	at, known := k.places[key]
	if !known {
		at = uint64(len(k.places))
	}
	return at, !known
}

func (k *keys) add(field protowire.Number, key string) uint64 {
	at, isNew := k.place(key)
	if !isNew {
		return at
	}
	if k.places == nil {
		k.places = map[string]uint64{}
	}
	k.places[key] = at
	k.encoded = protowire.AppendTag(k.encoded, field, protowire.BytesType)
	k.encoded = protowire.AppendString(k.encoded, key)
	return at
}

// Len is the number of records.
func (b *Builder) Len() int { return b.count }

// Size is the length of what Bytes returns.
func (b *Builder) Size() int {
	return len(magic) + len(b.partitionKeys.encoded) + len(b.hashKeys.encoded) + len(b.records) + digestSize
}

// SizeWith is what Size would be with r added.
func (b *Builder) SizeWith(r Record) int {
	place, isNew := b.partitionKeys.place(r.PartitionKey)
	size := b.Size()
	if isNew {
		size += 1 + protowire.SizeBytes(len(r.PartitionKey))
	}
	var hashPlace uint64
	if r.ExplicitHashKey != "" {
		hashPlace, isNew = b.hashKeys.place(r.ExplicitHashKey)
		if isNew {
			size += 1 + protowire.SizeBytes(len(r.ExplicitHashKey))
		}
	}
	return size + 1 + protowire.SizeBytes(bodySize(r, place, hashPlace))
}

// Add appends a record. It copies what it keeps.
func (b *Builder) Add(r Record) {
	if b.count == 0 {
		b.firstPartitionKey, b.firstHashKey = r.PartitionKey, r.ExplicitHashKey
	}
	b.count++
	place := b.partitionKeys.add(fieldPartitionKeys, r.PartitionKey)
	var hashPlace uint64
	if r.ExplicitHashKey != "" {
		hashPlace = b.hashKeys.add(fieldHashKeys, r.ExplicitHashKey)
	}
	out := protowire.AppendTag(b.records, fieldRecords, protowire.BytesType)
	out = protowire.AppendVarint(out, uint64(bodySize(r, place, hashPlace)))
	out = protowire.AppendTag(out, fieldPartitionKeyIndex, protowire.VarintType)
	out = protowire.AppendVarint(out, place)
	if r.ExplicitHashKey != "" {
		out = protowire.AppendTag(out, fieldHashKeyIndex, protowire.VarintType)
		out = protowire.AppendVarint(out, hashPlace)
	}
	out = protowire.AppendTag(out, fieldData, protowire.BytesType)
	out = protowire.AppendBytes(out, r.Data)
	for _, t := range r.Tags {
		out = protowire.AppendTag(out, fieldTags, protowire.BytesType)
		out = protowire.AppendVarint(out, uint64(tagSize(t)))
		out = protowire.AppendTag(out, fieldTagKey, protowire.BytesType)
		out = protowire.AppendString(out, t.Key)
		if t.Value != nil {
			out = protowire.AppendTag(out, fieldTagValue, protowire.BytesType)
			out = protowire.AppendString(out, *t.Value)
		}
	}
	b.records = out
}

// Bytes returns the aggregate. The builder can go on.
func (b *Builder) Bytes() []byte {
	out := make([]byte, 0, b.Size())
	out = append(out, magic...)
	out = append(out, b.partitionKeys.encoded...)
	out = append(out, b.hashKeys.encoded...)
	out = append(out, b.records...)
	digest := md5.Sum(out[len(magic):])
	return append(out, digest[:]...)
}

// First returns the keys of the first record: those that the stream record
// around an aggregate is put with. The second is empty when there is none.
func (b *Builder) First() (partitionKey, explicitHashKey string) {
	return b.firstPartitionKey, b.firstHashKey
}

// Reset empties the builder.
func (b *Builder) Reset() { *b = Builder{} }

// Encode packs records into one aggregate.
func Encode(records ...Record) []byte {
	var b Builder
	for _, r := range records {
		b.Add(r)
	}
	return b.Bytes()
}

// bodySize is the length of a Record message. All field numbers are below 16,
// so each field's tag is one byte.
func bodySize(r Record, place, hashPlace uint64) int {
	size := 1 + protowire.SizeVarint(place) + 1 + protowire.SizeBytes(len(r.Data))
	if r.ExplicitHashKey != "" {
		size += 1 + protowire.SizeVarint(hashPlace)
	}
	for _, t := range r.Tags {
		size += 1 + protowire.SizeBytes(tagSize(t))
	}
	return size
}

func tagSize(t Tag) int {
	size := 1 + protowire.SizeBytes(len(t.Key))
	if t.Value != nil {
		size += 1 + protowire.SizeBytes(len(*t.Value))
	}
	return size
}
