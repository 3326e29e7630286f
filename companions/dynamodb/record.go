package dynamodb

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sluice/companions/dynamodb/value"
)

// What the keys of the space begin with; see doc.go.
const (
	prefixNext   = 'n'
	prefixTable  = 't'
	prefixItem   = 'i'
	prefixIndex  = 'x'
	prefixExpiry = 'e'
)

// recordVersion is the form of stored records.
const recordVersion = 1

// record is what is stored of a table. It is never changed once it is in use.
type record struct {
	Version  int               `json:"version"`
	ID       uint64            `json:"id"`
	UUID     string            `json:"uuid"`
	Created  int64             `json:"created"` // ms
	Active   int64             `json:"active"`  // ms from which it is ACTIVE
	Key      keySchema         `json:"key"`
	Types    map[string]string `json:"types"`           // of key attributes: S, N, B
	Order    []string          `json:"order"`           // of Types, as given
	OnDemand int64             `json:"onDemand"`        // ms since when it is PAY_PER_REQUEST, 0: PROVISIONED
	Read     int64             `json:"read,omitempty"`  // provisioned
	Write    int64             `json:"write,omitempty"` // provisioned
	Indexes  []index           `json:"indexes,omitempty"`
	NextID   uint32            `json:"nextId"` // of an index
	// Protected keeps the table from being deleted.
	Protected bool              `json:"protected,omitempty"`
	Tags      map[string]string `json:"tags,omitempty"`
	TTL       string            `json:"ttl,omitempty"` // the attribute
	Backups   bool              `json:"backups,omitempty"`
}

// keySchema is the attributes of a key: the hash key and maybe the range key.
type keySchema []string

// index is a secondary index.
type index struct {
	ID         uint32    `json:"id"`
	Name       string    `json:"name"`
	Local      bool      `json:"local,omitempty"`
	Key        keySchema `json:"key"`
	Projection string    `json:"projection"`
	Include    []string  `json:"include,omitempty"`
	Read       int64     `json:"read,omitempty"`
	Write      int64     `json:"write,omitempty"`
}

func (rec *record) encode() ([]byte, error) { return json.Marshal(rec) }

var errRecord = errors.New("a stored table is malformed")

func decodeRecord(b []byte) (*record, error) {
	rec := &record{}
	if err := json.Unmarshal(b, rec); err != nil {
		return nil, fmt.Errorf("%w: %w", errRecord, err)
	}
	switch {
	case rec.Version > recordVersion:
		return nil, fmt.Errorf("the data was written by a newer Sluice (format %d); use that one", rec.Version)
	case rec.Version < 1 || len(rec.Key) == 0:
		return nil, errRecord
	}
	return rec, nil
}

// kind is the type of a key attribute.
func (rec *record) kind(name string) value.Kind {
	k, _ := value.KindOf(rec.Types[name])
	return k
}

// index finds an index by its name.
func (rec *record) index(name string) *index {
	for i := range rec.Indexes {
		if rec.Indexes[i].Name == name {
			return &rec.Indexes[i]
		}
	}
	return nil
}

// status is CREATING or ACTIVE.
func (rec *record) status(now time.Time) string {
	if now.UnixMilli() < rec.Active {
		return "CREATING"
	}
	return "ACTIVE"
}

func (k tableKey) stored() []byte {
	return []byte(string(rune(prefixTable)) + k.account + "\x00" + k.region + "\x00" + k.name)
}

func parseTableKey(key []byte) (tableKey, bool) {
	parts := strings.Split(string(key[1:]), "\x00")
	if len(parts) != 3 {
		return tableKey{}, false
	}
	return tableKey{parts[0], parts[1], parts[2]}, true
}

func (k tableKey) arn() string {
	partition := "aws"
	switch {
	case strings.HasPrefix(k.region, "cn-"):
		partition = "aws-cn"
	case strings.HasPrefix(k.region, "us-gov-"):
		partition = "aws-us-gov"
	}
	return "arn:" + partition + ":dynamodb:" + k.region + ":" + k.account + ":table/" + k.name
}

// table is a table in use.
type table struct {
	key tableKey
	// mu is held for reading by who uses items, for writing by who changes the
	// table itself.
	mu     sync.RWMutex
	record *record // guarded by mu
	gone   bool    // guarded by mu

	// items and bytes change with every write; they count once counted is set,
	// by whoever asks first.
	items, bytes atomic.Int64
	counted      bool // guarded by mu
}

func newTable(k tableKey, rec *record) *table { return &table{key: k, record: rec} }

// tablePrefix begins the keys of one kind of a table.
func tablePrefix(kind byte, id uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{kind}, id)
}

func indexPrefix(id uint64, index uint32) []byte {
	return binary.BigEndian.AppendUint32(tablePrefix(prefixIndex, id), index)
}

// tail is the part of an item's key after its table. item has the key's
// attributes, of the right kinds.
func (s keySchema) tail(item value.Item) []byte {
	h := value.Hash(item[s[0]])
	b := append(make([]byte, 0, 64), h[:]...)
	for _, name := range s {
		b = value.AppendKey(b, item[name])
	}
	return b
}

// after is the first key after all that begin with prefix; nil for none.
func after(prefix []byte) []byte {
	b := append([]byte(nil), prefix...)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i]++; b[i] != 0 {
			return b[:i+1]
		}
	}
	return nil
}
