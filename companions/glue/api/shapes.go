package api

import "time"

// BackfillError is why an index could not be filled.
type BackfillError struct {
	Code       BackfillErrorCode
	Partitions []PartitionValueList
}

// BatchUpdatePartitionFailureEntry is a partition that could not be changed, and why.
type BatchUpdatePartitionFailureEntry struct {
	PartitionValueList []string
	ErrorDetail        *ErrorDetail
}

// BatchUpdatePartitionRequestEntry is a partition by its values and what it becomes.
type BatchUpdatePartitionRequestEntry struct {
	PartitionValueList []string
	PartitionInput     *PartitionInput
}

// Column is a column with its Hive type.
type Column struct {
	Name       *string
	Type       *string
	Comment    *string
	Parameters map[string]string
}

// DataLakePrincipal is somebody who may be given permissions.
type DataLakePrincipal struct {
	DataLakePrincipalIdentifier *string
}

// Database is a database as it is told.
type Database struct {
	Name                          *string
	Description                   *string
	LocationUri                   *string
	Parameters                    map[string]string
	CreateTime                    *time.Time
	CreateTableDefaultPermissions []PrincipalPermissions
	TargetDatabase                *DatabaseIdentifier
	CatalogId                     *string
}

// DatabaseIdentifier is where a link to a database leads.
type DatabaseIdentifier struct {
	CatalogId    *string
	DatabaseName *string
	Region       *string
}

// DatabaseInput is a database as it is made.
type DatabaseInput struct {
	Name                          *string
	Description                   *string
	LocationUri                   *string
	Parameters                    map[string]string
	CreateTableDefaultPermissions []PrincipalPermissions
	TargetDatabase                *DatabaseIdentifier
	FederatedDatabase             *FederatedDatabase
}

// ErrorDetail is an error inside of an answer.
type ErrorDetail struct {
	ErrorCode    *string
	ErrorMessage *string
}

// FederatedDatabase is a database that another catalog has.
type FederatedDatabase struct {
	Identifier *string
}

// IcebergInput is how the metadata of an Iceberg table begin.
type IcebergInput struct {
	MetadataOperation MetadataOperation
	Version           *string
}

// KeySchemaElement is a key of an index with its type.
type KeySchemaElement struct {
	Name *string
	Type *string
}

// OpenTableFormatInput is metadata that the service writes itself.
type OpenTableFormatInput struct {
	IcebergInput *IcebergInput
}

// Order is a column that data are sorted by: 1 ascending, 0 descending.
type Order struct {
	Column    *string
	SortOrder int32
}

// Partition is a partition as it is told.
type Partition struct {
	Values            []string
	DatabaseName      *string
	TableName         *string
	CreationTime      *time.Time
	LastAccessTime    *time.Time
	StorageDescriptor *StorageDescriptor
	Parameters        map[string]string
	LastAnalyzedTime  *time.Time
	CatalogId         *string
}

// PartitionError is a partition that a batch could not do, and why.
type PartitionError struct {
	PartitionValues []string
	ErrorDetail     *ErrorDetail
}

// PartitionIndex is an index over partition keys as it is made.
type PartitionIndex struct {
	Keys      []string
	IndexName *string
}

// PartitionIndexDescriptor is an index over partition keys as it is told.
type PartitionIndexDescriptor struct {
	IndexName      *string
	Keys           []KeySchemaElement
	IndexStatus    PartitionIndexStatus
	BackfillErrors []BackfillError
}

// PartitionInput is a partition as it is made.
type PartitionInput struct {
	Values            []string
	LastAccessTime    *time.Time
	StorageDescriptor *StorageDescriptor
	Parameters        map[string]string
	LastAnalyzedTime  *time.Time
}

// PartitionValueList is the values that name a partition.
type PartitionValueList struct {
	Values []string
}

// PrincipalPermissions is what somebody may do.
type PrincipalPermissions struct {
	Principal   *DataLakePrincipal
	Permissions []Permission
}

// SchemaId is the name of a schema in a registry.
type SchemaId struct {
	SchemaArn    *string
	SchemaName   *string
	RegistryName *string
}

// SchemaReference is a schema in a registry that columns come from.
type SchemaReference struct {
	SchemaId            *SchemaId
	SchemaVersionId     *string
	SchemaVersionNumber *int64
}

// Segment is a part of a listing that one of several readers takes.
type Segment struct {
	SegmentNumber int32
	TotalSegments *int32
}

// SerDeInfo is the class that reads and writes data.
type SerDeInfo struct {
	Name                 *string
	SerializationLibrary *string
	Parameters           map[string]string
}

// SkewedInfo is values that are so frequent that they are stored apart.
type SkewedInfo struct {
	SkewedColumnNames             []string
	SkewedColumnValues            []string
	SkewedColumnValueLocationMaps map[string]string
}

// StorageDescriptor is where data are and in what form.
type StorageDescriptor struct {
	Columns                []Column
	Location               *string
	AdditionalLocations    []string
	InputFormat            *string
	OutputFormat           *string
	Compressed             bool
	NumberOfBuckets        int32
	SerdeInfo              *SerDeInfo
	BucketColumns          []string
	SortColumns            []Order
	Parameters             map[string]string
	SkewedInfo             *SkewedInfo
	StoredAsSubDirectories bool
	SchemaReference        *SchemaReference
}

// Table is a table as it is told.
type Table struct {
	Name                          *string
	DatabaseName                  *string
	Description                   *string
	Owner                         *string
	CreateTime                    *time.Time
	UpdateTime                    *time.Time
	LastAccessTime                *time.Time
	LastAnalyzedTime              *time.Time
	Retention                     int32
	StorageDescriptor             *StorageDescriptor
	PartitionKeys                 []Column
	ViewOriginalText              *string
	ViewExpandedText              *string
	TableType                     *string
	Parameters                    map[string]string
	CreatedBy                     *string
	IsRegisteredWithLakeFormation bool
	TargetTable                   *TableIdentifier
	CatalogId                     *string
	VersionId                     *string
	IsMultiDialectView            *bool
}

// TableError is a table that a batch could not do, and why.
type TableError struct {
	TableName   *string
	ErrorDetail *ErrorDetail
}

// TableIdentifier is where a link to a table leads.
type TableIdentifier struct {
	CatalogId    *string
	DatabaseName *string
	Name         *string
	Region       *string
}

// TableInput is a table as it is made.
type TableInput struct {
	Name              *string
	Description       *string
	Owner             *string
	LastAccessTime    *time.Time
	LastAnalyzedTime  *time.Time
	Retention         int32
	StorageDescriptor *StorageDescriptor
	PartitionKeys     []Column
	ViewOriginalText  *string
	ViewExpandedText  *string
	TableType         *string
	Parameters        map[string]string
	TargetTable       *TableIdentifier
	ViewDefinition    *ViewDefinitionInput
}

// TableVersion is a version of a table.
type TableVersion struct {
	Table     *Table
	VersionId *string
}

// TableVersionError is a version that a batch could not do, and why.
type TableVersionError struct {
	TableName   *string
	VersionId   *string
	ErrorDetail *ErrorDetail
}

// UpdateOpenTableFormatInput is a change of metadata that the service writes itself.
type UpdateOpenTableFormatInput struct{}

// ViewDefinitionInput is a view in several dialects.
type ViewDefinitionInput struct{}
