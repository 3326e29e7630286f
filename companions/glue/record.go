package glue

import (
	"encoding/json"
	"errors"
	"fmt"
)

// recordVersion is the form of stored records.
const recordVersion = 1

// form begins every stored record.
type form struct {
	Version int `json:"version"`
}

// catalogRecord is stored of a catalog, contents of a database.
type catalogRecord struct {
	form
	Databases int    `json:"databases"`
	Next      uint64 `json:"next"`
}

type contentsRecord struct {
	form
	Tables int    `json:"tables"`
	Next   uint64 `json:"next"`
}

// countsRecord is how much is below a table.
type countsRecord struct {
	form
	Partitions int `json:"partitions,omitempty"`
	Versions   int `json:"versions,omitempty"`
}

// databaseRecord is stored of a database. Texts that may be absent are
// pointers, here and below.
type databaseRecord struct {
	form
	ID          uint64            `json:"id"`
	Name        string            `json:"name"`
	Created     int64             `json:"created"` // seconds
	Description *string           `json:"description,omitempty"`
	Location    *string           `json:"location,omitempty"`
	Parameters  map[string]string `json:"parameters,omitempty"`
	Grants      []grant           `json:"grants,omitempty"`
	Target      *target           `json:"target,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
}

// grant is what somebody may do with new tables; it has no effect.
type grant struct {
	Principal   *string  `json:"principal,omitempty"`
	Permissions []string `json:"permissions,omitempty"`
}

// target is what a link leads to.
type target struct {
	Catalog  *string `json:"catalog,omitempty"`
	Database *string `json:"database,omitempty"`
	Name     *string `json:"name,omitempty"`
	Region   *string `json:"region,omitempty"`
}

// tableRecord is stored of a table and of each old version of it.
type tableRecord struct {
	form
	ID      uint64 `json:"id"`
	Name    string `json:"name"`
	Number  uint64 `json:"number"` // of the version
	Created int64  `json:"created"`
	Updated int64  `json:"updated"`
	Creator string `json:"creator"`

	Description *string           `json:"description,omitempty"`
	Owner       *string           `json:"owner,omitempty"`
	Accessed    *int64            `json:"accessed,omitempty"` // ms
	Analyzed    *int64            `json:"analyzed,omitempty"` // ms
	Retention   int32             `json:"retention,omitempty"`
	Storage     *storage          `json:"storage,omitempty"`
	Keys        []column          `json:"keys,omitempty"`
	ViewText    *string           `json:"viewText,omitempty"`
	ViewFull    *string           `json:"viewFull,omitempty"`
	Type        *string           `json:"type,omitempty"`
	Parameters  map[string]string `json:"parameters,omitempty"`
	Target      *target           `json:"target,omitempty"`

	Indexes []partitionIndex `json:"indexes,omitempty"`
}

// partitionIndex is an index over partition keys: it is told, and does nothing.
type partitionIndex struct {
	Name string   `json:"name"`
	Keys []string `json:"keys"`
}

// partitionRecord is stored of a partition.
type partitionRecord struct {
	form
	Values     []string          `json:"values"`
	Created    int64             `json:"created"`
	Accessed   *int64            `json:"accessed,omitempty"` // ms
	Analyzed   *int64            `json:"analyzed,omitempty"` // ms
	Storage    *storage          `json:"storage,omitempty"`
	Parameters map[string]string `json:"parameters,omitempty"`
}

type column struct {
	Name       string            `json:"name"`
	Type       *string           `json:"type,omitempty"`
	Comment    *string           `json:"comment,omitempty"`
	Parameters map[string]string `json:"parameters,omitempty"`
}

// storage says where the data of a table or partition are, and in what form.
type storage struct {
	Columns      []column          `json:"columns,omitempty"`
	Location     *string           `json:"location,omitempty"`
	More         []string          `json:"more,omitempty"` // locations
	Input        *string           `json:"input,omitempty"`
	Output       *string           `json:"output,omitempty"`
	Compressed   bool              `json:"compressed,omitempty"`
	Buckets      int32             `json:"buckets,omitempty"`
	Serde        *serde            `json:"serde,omitempty"`
	BucketedBy   []string          `json:"bucketedBy,omitempty"`
	SortedBy     []order           `json:"sortedBy,omitempty"`
	Parameters   map[string]string `json:"parameters,omitempty"`
	Skewed       *skewed           `json:"skewed,omitempty"`
	InSubfolders bool              `json:"inSubfolders,omitempty"`
}

type serde struct {
	Name       *string           `json:"name,omitempty"`
	Library    *string           `json:"library,omitempty"`
	Parameters map[string]string `json:"parameters,omitempty"`
}

type order struct {
	Column string `json:"column"`
	Order  int32  `json:"order"`
}

type skewed struct {
	Columns   []string          `json:"columns,omitempty"`
	Values    []string          `json:"values,omitempty"`
	Locations map[string]string `json:"locations,omitempty"`
}

var errRecord = errors.New("a stored record of the catalog is malformed")

// formed is a record that knows its form.
type formed interface{ stamp() *int }

func (f *form) stamp() *int { return &f.Version }

func encode(r formed) ([]byte, error) {
	*r.stamp() = recordVersion
	return json.Marshal(r)
}

func decode(b []byte, r formed) error {
	if err := json.Unmarshal(b, r); err != nil {
		return fmt.Errorf("%w: %w", errRecord, err)
	}
	switch v := *r.stamp(); {
	case v > recordVersion:
		return fmt.Errorf("the data was written by a newer Sluice (format %d); use that one", v)
	case v < 1:
		return errRecord
	}
	return nil
}
