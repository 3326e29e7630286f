package api

// BatchCreatePartitionInput is what BatchCreatePartition takes.
type BatchCreatePartitionInput struct {
	CatalogId          *string
	DatabaseName       *string
	TableName          *string
	PartitionInputList []PartitionInput
}

// BatchCreatePartitionOutput is what BatchCreatePartition answers.
type BatchCreatePartitionOutput struct {
	Errors []PartitionError
}

// BatchDeletePartitionInput is what BatchDeletePartition takes.
type BatchDeletePartitionInput struct {
	CatalogId          *string
	DatabaseName       *string
	TableName          *string
	PartitionsToDelete []PartitionValueList
}

// BatchDeletePartitionOutput is what BatchDeletePartition answers.
type BatchDeletePartitionOutput struct {
	Errors []PartitionError
}

// BatchGetPartitionInput is what BatchGetPartition takes.
type BatchGetPartitionInput struct {
	CatalogId       *string
	DatabaseName    *string
	TableName       *string
	PartitionsToGet []PartitionValueList
}

// BatchGetPartitionOutput is what BatchGetPartition answers.
type BatchGetPartitionOutput struct {
	Partitions      []Partition
	UnprocessedKeys []PartitionValueList
}

// BatchUpdatePartitionInput is what BatchUpdatePartition takes.
type BatchUpdatePartitionInput struct {
	CatalogId    *string
	DatabaseName *string
	TableName    *string
	Entries      []BatchUpdatePartitionRequestEntry
}

// BatchUpdatePartitionOutput is what BatchUpdatePartition answers.
type BatchUpdatePartitionOutput struct {
	Errors []BatchUpdatePartitionFailureEntry
}

// CreatePartitionIndexInput is what CreatePartitionIndex takes.
type CreatePartitionIndexInput struct {
	CatalogId      *string
	DatabaseName   *string
	TableName      *string
	PartitionIndex *PartitionIndex
}

// CreatePartitionIndexOutput is what CreatePartitionIndex answers.
type CreatePartitionIndexOutput struct{}

// CreatePartitionInput is what CreatePartition takes.
type CreatePartitionInput struct {
	CatalogId      *string
	DatabaseName   *string
	TableName      *string
	PartitionInput *PartitionInput
}

// CreatePartitionOutput is what CreatePartition answers.
type CreatePartitionOutput struct{}

// DeletePartitionIndexInput is what DeletePartitionIndex takes.
type DeletePartitionIndexInput struct {
	CatalogId    *string
	DatabaseName *string
	TableName    *string
	IndexName    *string
}

// DeletePartitionIndexOutput is what DeletePartitionIndex answers.
type DeletePartitionIndexOutput struct{}

// DeletePartitionInput is what DeletePartition takes.
type DeletePartitionInput struct {
	CatalogId       *string
	DatabaseName    *string
	TableName       *string
	PartitionValues []string
}

// DeletePartitionOutput is what DeletePartition answers.
type DeletePartitionOutput struct{}

// GetPartitionIndexesInput is what GetPartitionIndexes takes.
type GetPartitionIndexesInput struct {
	CatalogId    *string
	DatabaseName *string
	TableName    *string
	NextToken    *string
}

// GetPartitionIndexesOutput is what GetPartitionIndexes answers.
type GetPartitionIndexesOutput struct {
	PartitionIndexDescriptorList []PartitionIndexDescriptor
	NextToken                    *string
}

// GetPartitionInput is what GetPartition takes.
type GetPartitionInput struct {
	CatalogId       *string
	DatabaseName    *string
	TableName       *string
	PartitionValues []string
}

// GetPartitionOutput is what GetPartition answers.
type GetPartitionOutput struct {
	Partition *Partition
}

// GetPartitionsInput is what GetPartitions takes.
type GetPartitionsInput struct {
	CatalogId           *string
	DatabaseName        *string
	TableName           *string
	Expression          *string
	NextToken           *string
	Segment             *Segment
	MaxResults          *int32
	ExcludeColumnSchema *bool
}

// GetPartitionsOutput is what GetPartitions answers.
type GetPartitionsOutput struct {
	Partitions []Partition
	NextToken  *string
}

// UpdatePartitionInput is what UpdatePartition takes.
type UpdatePartitionInput struct {
	CatalogId          *string
	DatabaseName       *string
	TableName          *string
	PartitionValueList []string
	PartitionInput     *PartitionInput
}

// UpdatePartitionOutput is what UpdatePartition answers.
type UpdatePartitionOutput struct{}
