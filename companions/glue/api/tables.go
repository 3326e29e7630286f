package api

// BatchDeleteTableInput is what BatchDeleteTable takes.
type BatchDeleteTableInput struct {
	CatalogId      *string
	DatabaseName   *string
	TablesToDelete []string
}

// BatchDeleteTableOutput is what BatchDeleteTable answers.
type BatchDeleteTableOutput struct {
	Errors []TableError
}

// BatchDeleteTableVersionInput is what BatchDeleteTableVersion takes.
type BatchDeleteTableVersionInput struct {
	CatalogId    *string
	DatabaseName *string
	TableName    *string
	VersionIds   []string
}

// BatchDeleteTableVersionOutput is what BatchDeleteTableVersion answers.
type BatchDeleteTableVersionOutput struct {
	Errors []TableVersionError
}

// CreateTableInput is what CreateTable takes.
type CreateTableInput struct {
	CatalogId            *string
	DatabaseName         *string
	Name                 *string
	TableInput           *TableInput
	PartitionIndexes     []PartitionIndex
	OpenTableFormatInput *OpenTableFormatInput
}

// CreateTableOutput is what CreateTable answers.
type CreateTableOutput struct{}

// DeleteTableInput is what DeleteTable takes.
type DeleteTableInput struct {
	CatalogId    *string
	DatabaseName *string
	Name         *string
}

// DeleteTableOutput is what DeleteTable answers.
type DeleteTableOutput struct{}

// DeleteTableVersionInput is what DeleteTableVersion takes.
type DeleteTableVersionInput struct {
	CatalogId    *string
	DatabaseName *string
	TableName    *string
	VersionId    *string
}

// DeleteTableVersionOutput is what DeleteTableVersion answers.
type DeleteTableVersionOutput struct{}

// GetTableInput is what GetTable takes.
type GetTableInput struct {
	CatalogId       *string
	DatabaseName    *string
	Name            *string
	AttributesToGet []TableAttributes
}

// GetTableOutput is what GetTable answers.
type GetTableOutput struct {
	Table *Table
}

// GetTableVersionInput is what GetTableVersion takes.
type GetTableVersionInput struct {
	CatalogId    *string
	DatabaseName *string
	TableName    *string
	VersionId    *string
}

// GetTableVersionOutput is what GetTableVersion answers.
type GetTableVersionOutput struct {
	TableVersion *TableVersion
}

// GetTableVersionsInput is what GetTableVersions takes.
type GetTableVersionsInput struct {
	CatalogId    *string
	DatabaseName *string
	TableName    *string
	NextToken    *string
	MaxResults   *int32
}

// GetTableVersionsOutput is what GetTableVersions answers.
type GetTableVersionsOutput struct {
	TableVersions []TableVersion
	NextToken     *string
}

// GetTablesInput is what GetTables takes.
type GetTablesInput struct {
	CatalogId       *string
	DatabaseName    *string
	Expression      *string
	NextToken       *string
	MaxResults      *int32
	AttributesToGet []TableAttributes
}

// GetTablesOutput is what GetTables answers.
type GetTablesOutput struct {
	TableList []Table
	NextToken *string
}

// UpdateTableInput is what UpdateTable takes.
type UpdateTableInput struct {
	CatalogId                  *string
	DatabaseName               *string
	Name                       *string
	TableInput                 *TableInput
	SkipArchive                *bool
	VersionId                  *string
	UpdateOpenTableFormatInput *UpdateOpenTableFormatInput
}

// UpdateTableOutput is what UpdateTable answers.
type UpdateTableOutput struct{}
