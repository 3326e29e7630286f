package s3

import (
	"encoding/json"
	"fmt"
	"time"

	"sluice/store/blob"
)

// Stored forms. They are JSON with short names and a version of their own; a
// later version says here how it reads the earlier ones.

const recordVersion = 1

// bucketRecord is a bucket.
type bucketRecord struct {
	V       int       `json:"v"`
	ID      uint64    `json:"id"`
	Name    string    `json:"name"`
	Account string    `json:"account"`
	Region  string    `json:"region"`
	Created time.Time `json:"created"`
	// Versioning is Enabled, Suspended, or empty for never.
	Versioning string `json:"versioning,omitempty"`
	// Lock tells whether objects can be locked, LockRule how new ones are.
	Lock     bool       `json:"lock,omitempty"`
	LockRule *lockRule  `json:"lockRule,omitempty"`
	Tags     []tag      `json:"tags,omitempty"`
	CORS     []corsRule `json:"cors,omitempty"`
	// Documents are the settings that are kept and echoed only, by subresource.
	Documents map[string][]byte `json:"documents,omitempty"`
}

// object is one version of a key, a delete marker included.
type object struct {
	V int `json:"v"`
	// Seq orders the versions of a key.
	Seq uint64 `json:"seq"`
	// Version is the id that clients see; empty for the null version.
	Version  string    `json:"ver,omitempty"`
	Marker   bool      `json:"del,omitempty"`
	Modified time.Time `json:"mod"`
	Size     int64     `json:"size"`
	ETag     string    `json:"etag,omitempty"` // without quotes
	Body     piece     `json:"body,omitzero"`
	// Parts is the row of the parts that a body was made of, 0 for none.
	Parts     uint64            `json:"parts,omitempty"`
	PartCount int               `json:"pc,omitempty"`
	Sum       checksum          `json:"sum,omitzero"`
	Header    map[string]string `json:"h,omitempty"` // Content-Type and the like
	Meta      map[string]string `json:"m,omitempty"` // x-amz-meta-, without that
	Tags      []tag             `json:"t,omitempty"`
	Owner     string            `json:"own,omitempty"`
	Lock      lock              `json:"lock,omitzero"`
	// Upload is the multipart upload that it was made by, so that completing it
	// twice is answered as the first time.
	Upload string `json:"up,omitempty"`
}

// piece is where a body, or a part of one, is: a row or a file.
type piece struct {
	Row  uint64  `json:"r,omitempty"`
	File blob.ID `json:"f,omitempty"`
	Len  int64   `json:"n,omitempty"`
}

// part is a part of an upload, and later of the object that was made of it.
type part struct {
	V        int       `json:"v"`
	Number   int       `json:"no"`
	Size     int64     `json:"size"`
	ETag     string    `json:"etag"`
	Modified time.Time `json:"mod"`
	Sum      checksum  `json:"sum,omitzero"`
	Pieces   []piece   `json:"p"`
}

// upload is a multipart upload under way.
type upload struct {
	V         int               `json:"v"`
	ID        string            `json:"id"`
	Seq       uint64            `json:"seq"`
	Started   time.Time         `json:"at"`
	Algorithm string            `json:"alg,omitempty"`
	Type      string            `json:"type,omitempty"`
	Default   bool              `json:"dfl,omitempty"` // the client has not chosen the algorithm
	Header    map[string]string `json:"h,omitempty"`
	Meta      map[string]string `json:"m,omitempty"`
	Tags      []tag             `json:"t,omitempty"`
	Owner     string            `json:"own,omitempty"`
	Lock      lock              `json:"lock,omitzero"`
}

type tag struct {
	Key   string `json:"k" xml:"Key"`
	Value string `json:"v" xml:"Value"`
}

// checksum is what a body sums up to.
type checksum struct {
	Algorithm string `json:"a,omitempty"`
	Type      string `json:"t,omitempty"` // FULL_OBJECT or COMPOSITE
	Value     string `json:"v,omitempty"` // base64, with -N for a composite one
}

func encode(record any) []byte {
	raw, err := json.Marshal(record)
	if err != nil { // plain structs always marshal
		panic(fmt.Sprintf("encode %T: %v", record, err))
	}
	return raw
}

func decode(raw []byte, record any) error {
	if err := json.Unmarshal(raw, record); err != nil {
		return fmt.Errorf("read a stored %T: %w", record, err)
	}
	return nil
}

// null is how clients name the version that has no id.
const nullVersion = "null"

func (o *object) versionID() string {
	if o.Version == "" {
		return nullVersion
	}
	return o.Version
}

func (o *object) quotedETag() string { return `"` + o.ETag + `"` }
