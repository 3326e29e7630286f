package lambda

import (
	"encoding/json"
	"fmt"
	"strings"

	"sluice/store/kv"
)

// The keys of the space. Accounts, regions and names have no slash.
//
//	m/ACCOUNT/REGION/UUID          mapping
//	f/ACCOUNT/REGION/NAME          function, its aliases, policy and $LATEST
//	v/ACCOUNT/REGION/NAME/VERSION  published version, its number in ten digits
//	z/CODE/PART                    piece of a zip
//	x/NUMBER                       failure of the built-in sink
//	p/UUID/…                       positions, kept by the poller
//	a/ACCOUNT/REGION/ID            asynchronous invocation that waits
//	b/ACCOUNT/REGION/ID            its payload
const (
	mappingPrefix  = "m/"
	functionPrefix = "f/"
	versionPrefix  = "v/"
	codePrefix     = "z/"
	sinkPrefix     = "x/"
	positionPrefix = "p/"
	eventPrefix    = "a/"
	payloadPrefix  = "b/"
)

// format is the version of stored values. It grows when a reader of an older
// one would go wrong.
const format = 1

// envelope is how values are stored.
type envelope struct {
	Format int             `json:"v"`
	Body   json.RawMessage `json:"b"`
}

func encodeStored(value any) ([]byte, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return json.Marshal(envelope{Format: format, Body: body})
}

func decodeStored(raw []byte, value any) error {
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		return err
	}
	if e.Format > format {
		return fmt.Errorf("the data was written by a newer Sluice (format %d); use that one", e.Format)
	}
	return json.Unmarshal(e.Body, value)
}

// set adds a stored value to a batch.
func set(b *kv.Batch, key string, value any) error {
	raw, err := encodeStored(value)
	if err != nil {
		return fmt.Errorf("write %s: %w", key, err)
	}
	b.Set([]byte(key), raw)
	return nil
}

// deletePrefix removes all keys with a prefix that ends with a slash; '0'
// follows '/'.
func deletePrefix(b *kv.Batch, prefix string) {
	from, to := rangeOf(prefix)
	b.DeleteRange(from, to)
}

func rangeOf(prefix string) (from, to []byte) {
	return []byte(prefix), []byte(strings.TrimSuffix(prefix, "/") + "0")
}

// parseMappingKey reads m/ACCOUNT/REGION/UUID.
func parseMappingKey(key string) (mappingKey, bool) {
	parts := strings.Split(key, "/")
	if len(parts) != 4 {
		return mappingKey{}, false
	}
	return mappingKey{parts[1], parts[2], parts[3]}, true
}
