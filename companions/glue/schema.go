package glue

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/companions/glue/api"
	"sluice/internal/caller"
)

// LatestVersion is how Firehose names the version that a table has now.
const LatestVersion = "LATEST"

// Column is a column of a table with its Hive type, as it is written there.
type Column struct{ Name, Type string }

// Schema is what one version of a table says about its data.
type Schema struct {
	// Columns are those in the data, PartitionKeys those in their paths.
	Columns, PartitionKeys []Column
	// Serde is the class that reads and writes the data, with its settings.
	Serde           string
	SerdeParameters map[string]string
	// InputFormat and OutputFormat are classes, Location is where the data are.
	InputFormat, OutputFormat, Location string
	// Parameters are those of the table.
	Parameters map[string]string
	// VersionID is the version that this is.
	VersionID string
}

// Schema reads a table's schema for a room of the same process. version is a
// version's id, or LATEST or nothing for what the table has now. The error is
// the service's own; NotFound tells that something is not there.
func (c *Catalog) Schema(ctx context.Context, account, region, database, table, version string) (*Schema, error) {
	ctx = caller.With(ctx, caller.Caller{Account: account, Region: region})
	t, err := c.locateTable(ctx, nil, &database, &table)
	if err != nil {
		return nil, err
	}
	found := t.table
	if version != "" && version != LatestVersion {
		if found, err = c.version(ctx, t, version); err != nil {
			return nil, err
		}
	}
	shape := found.shape(t.catalogKey, t.name)
	return SchemaOf(&shape), nil
}

// SchemaOf makes a schema of a table's description.
func SchemaOf(t *api.Table) *Schema {
	out := &Schema{PartitionKeys: schemaColumns(t.PartitionKeys), Parameters: t.Parameters, VersionID: aws.ToString(t.VersionId)}
	if out.VersionID == "" {
		out.VersionID = strconv.Itoa(0)
	}
	if s := t.StorageDescriptor; s != nil {
		out.Columns = schemaColumns(s.Columns)
		out.InputFormat, out.OutputFormat, out.Location = aws.ToString(s.InputFormat), aws.ToString(s.OutputFormat), aws.ToString(s.Location)
		if s.SerdeInfo != nil {
			out.Serde, out.SerdeParameters = aws.ToString(s.SerdeInfo.SerializationLibrary), s.SerdeInfo.Parameters
		}
	}
	return out
}

func schemaColumns(in []api.Column) []Column {
	return each(in, func(c api.Column) Column { return Column{aws.ToString(c.Name), aws.ToString(c.Type)} })
}
