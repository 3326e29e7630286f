package firehose

import (
	"encoding/json"
	"fmt"
	"strings"

	"sluice/delivery"
)

// stateFormat is the version of everything stored here.
const stateFormat = 1

// The states of a delivery stream.
const (
	statusCreating = "CREATING"
	statusActive   = "ACTIVE"
	statusDeleting = "DELETING"
)

// The sources of a delivery stream.
const (
	directPut     = "DirectPut"
	kinesisSource = "KinesisStreamAsSource"
)

// streamState is what is stored of a delivery stream. Times are milliseconds
// since 1970.
type streamState struct {
	Format int `json:"v"`
	// ID names the stream's log. It is never used twice.
	ID      uint64 `json:"id"`
	Created int64  `json:"created"`
	// Updated is 0 until the first change.
	Updated int64  `json:"updated,omitempty"`
	Status  string `json:"status"`
	// Due is when CREATING or DELETING ends.
	Due     int64  `json:"due,omitempty"`
	Version int64  `json:"version"`
	Type    string `json:"type"`
	// Source is nil for direct puts.
	Source *kinesisSourceState `json:"source,omitempty"`
	// Hint is the throughput hint in MiB/s, which has no effect; 0: none.
	Hint        int32             `json:"hint,omitempty"`
	Encryption  encryption        `json:"encryption,omitzero"`
	Tags        map[string]string `json:"tags,omitempty"`
	Destination destination       `json:"destination"`
}

// encryption is what is said about server-side encryption. Nothing here is
// encrypted, so it is kept and echoed only.
type encryption struct {
	Enabled bool   `json:"enabled,omitempty"`
	KeyType string `json:"keyType,omitempty"`
	KeyARN  string `json:"keyARN,omitempty"`
	// Changing is when ENABLING or DISABLING ends, 0 when it has.
	Changing int64 `json:"changing,omitempty"`
}

// destination is where records go. The description shows the plain view of it
// as well as the extended one.
type destination struct {
	// HTTP is nil for S3. With it, S3 is where records go that it does not take.
	HTTP *httpTarget `json:"http,omitempty"`
	S3   s3Target    `json:"s3"`
	// Processing, Partitioning, Extension and Zone are of the extended
	// configuration; nil was not given.
	Processing   *processing   `json:"processing,omitempty"`
	Partitioning *partitioning `json:"partitioning,omitempty"`
	Extension    *string       `json:"extension,omitempty"`
	Zone         *string       `json:"zone,omitempty"`
	// Conversion is nil when it was never given.
	Conversion *conversion `json:"conversion,omitempty"`
	// Backup is nil while the backup mode is Disabled.
	Backup *s3Target `json:"backup,omitempty"`
}

// backup is where original records go, nil when they go nowhere.
func (d *destination) backup() *s3Target {
	if d.HTTP != nil && d.HTTP.Mode == "AllData" {
		return &d.S3
	}
	return d.Backup
}

// s3Target is one place in S3 and how objects get there.
type s3Target struct {
	Role        string  `json:"role"`
	Bucket      string  `json:"bucket"` // ARN
	Prefix      *string `json:"prefix,omitempty"`
	ErrorPrefix *string `json:"errorPrefix,omitempty"`
	// SizeMB and Seconds are the buffering hints in force.
	SizeMB      int32  `json:"sizeMB"`
	Seconds     int32  `json:"seconds"`
	Compression string `json:"compression"`
	KMSKey      string `json:"kmsKey,omitempty"`
	// Log is what CloudWatch logging was set to.
	Log logging `json:"log,omitzero"`
}

// compression is how objects of a place are packed.
func (t *s3Target) compression() delivery.Compression {
	if t.Compression == "UNCOMPRESSED" {
		return delivery.None
	}
	return delivery.Compression(t.Compression)
}

// bucket is the name in the ARN of the bucket.
func (t *s3Target) bucket() string { return t.Bucket[strings.LastIndex(t.Bucket, ":")+1:] }

type logging struct {
	Enabled bool    `json:"enabled,omitempty"`
	Group   *string `json:"group,omitempty"`
	Stream  *string `json:"stream,omitempty"`
}

type processing struct {
	Enabled    bool        `json:"enabled"`
	Processors []processor `json:"processors,omitempty"`
}

type processor struct {
	Type       string      `json:"type"`
	Parameters []parameter `json:"parameters,omitempty"`
}

type parameter struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type partitioning struct {
	Enabled bool `json:"enabled"`
	// Seconds is how long a write of a partition is retried.
	Seconds int32 `json:"seconds"`
}

// roomState is stored once per data folder.
type roomState struct {
	Format int    `json:"v"`
	Next   uint64 `json:"next"` // the id of the next stream
}

// progress is how far a stream has delivered.
type progress struct {
	Format int `json:"v"`
	// Main is the position in the log that comes next, Backup the same for the
	// backup of original records.
	Main   int64 `json:"main"`
	Backup int64 `json:"backup,omitempty"`
	// Cooked is the position in the log of what functions have returned.
	Cooked int64 `json:"cooked,omitempty"`
	// First is the position before which nothing is left, as the log began.
	First int64 `json:"first,omitempty"`
}

func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("store a delivery stream: %w", err)
	}
	return b, nil
}

// decode reads what encode wrote. An entity of a newer version is refused
// rather than misread.
func decode(b []byte, v any) error {
	var head struct {
		Format int `json:"v"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return err
	}
	if head.Format != stateFormat {
		return fmt.Errorf("format %d is not known here; a newer version of Sluice wrote it", head.Format)
	}
	return json.Unmarshal(b, v)
}
