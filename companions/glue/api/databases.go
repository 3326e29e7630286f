package api

// CreateDatabaseInput is what CreateDatabase takes.
type CreateDatabaseInput struct {
	CatalogId     *string
	DatabaseInput *DatabaseInput
	Tags          map[string]string
}

// CreateDatabaseOutput is what CreateDatabase answers.
type CreateDatabaseOutput struct{}

// DeleteDatabaseInput is what DeleteDatabase takes.
type DeleteDatabaseInput struct {
	CatalogId *string
	Name      *string
}

// DeleteDatabaseOutput is what DeleteDatabase answers.
type DeleteDatabaseOutput struct{}

// GetDatabaseInput is what GetDatabase takes.
type GetDatabaseInput struct {
	CatalogId *string
	Name      *string
}

// GetDatabaseOutput is what GetDatabase answers.
type GetDatabaseOutput struct {
	Database *Database
}

// GetDatabasesInput is what GetDatabases takes.
type GetDatabasesInput struct {
	CatalogId       *string
	NextToken       *string
	MaxResults      *int32
	AttributesToGet []DatabaseAttributes
}

// GetDatabasesOutput is what GetDatabases answers.
type GetDatabasesOutput struct {
	DatabaseList []Database
	NextToken    *string
}

// GetTagsInput is what GetTags takes.
type GetTagsInput struct {
	ResourceArn *string
}

// GetTagsOutput is what GetTags answers.
type GetTagsOutput struct {
	Tags map[string]string
}

// TagResourceInput is what TagResource takes.
type TagResourceInput struct {
	ResourceArn *string
	TagsToAdd   map[string]string
}

// TagResourceOutput is what TagResource answers.
type TagResourceOutput struct{}

// UntagResourceInput is what UntagResource takes.
type UntagResourceInput struct {
	ResourceArn  *string
	TagsToRemove []string
}

// UntagResourceOutput is what UntagResource answers.
type UntagResourceOutput struct{}

// UpdateDatabaseInput is what UpdateDatabase takes.
type UpdateDatabaseInput struct {
	CatalogId     *string
	Name          *string
	DatabaseInput *DatabaseInput
}

// UpdateDatabaseOutput is what UpdateDatabase answers.
type UpdateDatabaseOutput struct{}
