package api

// BackfillErrorCode is why an index could not be filled.
type BackfillErrorCode string

// DatabaseAttributes is a part of a database that a listing may ask for.
type DatabaseAttributes string

// MetadataOperation is what is done with metadata.
type MetadataOperation string

// PartitionIndexStatus is how far an index is.
type PartitionIndexStatus string

// Permission is something that may be allowed.
type Permission string

// TableAttributes is a part of a table that a listing may ask for.
type TableAttributes string

// The values that the catalog itself writes or looks for.
const (
	DatabaseAttributesTargetDatabase DatabaseAttributes   = "TARGET_DATABASE"
	PartitionIndexActive             PartitionIndexStatus = "ACTIVE"
	PermissionAll                    Permission           = "ALL"
	TableAttributesName              TableAttributes      = "NAME"
	TableAttributesTableType         TableAttributes      = "TABLE_TYPE"
)
