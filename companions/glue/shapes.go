package glue

import (
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/companions/glue/api"
)

// Shapes end here: what comes in becomes a record, what goes out is made of one.

func seconds(s int64) *time.Time { return aws.Time(time.Unix(s, 0).UTC()) }

func millis(t *time.Time) *int64 {
	if t == nil {
		return nil
	}
	return aws.Int64(t.UnixMilli())
}

func fromMillis(ms *int64) *time.Time {
	if ms == nil {
		return nil
	}
	return aws.Time(time.UnixMilli(*ms).UTC())
}

// each maps a list; none stays none.
func each[A, B any](in []A, f func(A) B) []B {
	if in == nil {
		return nil
	}
	out := make([]B, len(in))
	for i, x := range in {
		out[i] = f(x)
	}
	return out
}

func columnOf(in api.Column) column {
	return column{aws.ToString(in.Name), in.Type, in.Comment, in.Parameters}
}

func (x column) shape() api.Column {
	return api.Column{Name: aws.String(x.Name), Type: x.Type, Comment: x.Comment, Parameters: x.Parameters}
}

// columnsShape never gives nil: clients of the service find a list.
func columnsShape(in []column) []api.Column {
	if in == nil {
		return []api.Column{}
	}
	return each(in, column.shape)
}

func storageOf(path string, in *api.StorageDescriptor) (*storage, error) {
	if in == nil {
		return nil, nil
	}
	if in.SchemaReference != nil {
		id := in.SchemaReference.SchemaId
		if id == nil {
			id = &api.SchemaId{}
		}
		return nil, errNoSchema(id.SchemaArn, id.RegistryName, id.SchemaName)
	}
	for i, o := range in.SortColumns {
		at := path + ".sortColumns." + strconv.Itoa(i+1) + ".member.sortOrder"
		switch {
		case o.SortOrder < 0:
			return nil, errValue(at, o.SortOrder, "Member must have value greater than or equal to 0")
		case o.SortOrder > 1:
			return nil, errValue(at, o.SortOrder, "Member must have value less than or equal to 1")
		}
	}
	out := &storage{
		Columns: each(in.Columns, columnOf), Location: in.Location, More: in.AdditionalLocations,
		Input: in.InputFormat, Output: in.OutputFormat, Compressed: in.Compressed, Buckets: in.NumberOfBuckets,
		BucketedBy: in.BucketColumns, Parameters: in.Parameters, InSubfolders: in.StoredAsSubDirectories,
		SortedBy: each(in.SortColumns, func(o api.Order) order { return order{aws.ToString(o.Column), o.SortOrder} }),
	}
	if s := in.SerdeInfo; s != nil {
		out.Serde = &serde{s.Name, s.SerializationLibrary, s.Parameters}
	}
	if s := in.SkewedInfo; s != nil {
		out.Skewed = &skewed{s.SkewedColumnNames, s.SkewedColumnValues, s.SkewedColumnValueLocationMaps}
	}
	return out, nil
}

func (s *storage) shape() *api.StorageDescriptor {
	if s == nil {
		return nil
	}
	out := &api.StorageDescriptor{
		Columns: columnsShape(s.Columns), Location: s.Location, AdditionalLocations: s.More,
		InputFormat: s.Input, OutputFormat: s.Output, Compressed: s.Compressed, NumberOfBuckets: s.Buckets,
		BucketColumns: s.BucketedBy, Parameters: s.Parameters, StoredAsSubDirectories: s.InSubfolders,
		SortColumns: each(s.SortedBy, func(o order) api.Order { return api.Order{Column: aws.String(o.Column), SortOrder: o.Order} }),
	}
	if s.Serde != nil {
		out.SerdeInfo = &api.SerDeInfo{Name: s.Serde.Name, SerializationLibrary: s.Serde.Library, Parameters: s.Serde.Parameters}
	}
	if s.Skewed != nil {
		out.SkewedInfo = &api.SkewedInfo{SkewedColumnNames: s.Skewed.Columns, SkewedColumnValues: s.Skewed.Values,
			SkewedColumnValueLocationMaps: s.Skewed.Locations}
	}
	return out
}

// tableOf makes the record of a new version of a table; identity and times are
// the caller's to fill in.
func tableOf(in *api.TableInput) (*tableRecord, error) {
	switch {
	case in.ViewDefinition != nil:
		return nil, beyond("Views in several dialects (ViewDefinition) are")
	case in.Retention < 0:
		return nil, errValue("tableInput.retention", in.Retention, "Member must have value greater than or equal to 0")
	}
	where, err := storageOf("tableInput.storageDescriptor", in.StorageDescriptor)
	if err != nil {
		return nil, err
	}
	out := &tableRecord{
		Name: fold(in.Name), Description: in.Description, Owner: in.Owner, Accessed: millis(in.LastAccessTime),
		Analyzed: millis(in.LastAnalyzedTime), Retention: in.Retention, Storage: where, Keys: each(in.PartitionKeys, columnOf),
		ViewText: in.ViewOriginalText, ViewFull: in.ViewExpandedText, Type: in.TableType, Parameters: in.Parameters,
	}
	if t := in.TargetTable; t != nil {
		out.Target = &target{t.CatalogId, t.DatabaseName, t.Name, t.Region}
	}
	return out, nil
}

func (r *tableRecord) shape(k catalogKey, database string) api.Table {
	out := api.Table{
		Name: aws.String(r.Name), DatabaseName: aws.String(database), Description: r.Description, Owner: r.Owner,
		CreateTime: seconds(r.Created), UpdateTime: seconds(r.Updated), LastAccessTime: fromMillis(r.Accessed),
		LastAnalyzedTime: fromMillis(r.Analyzed), Retention: r.Retention, StorageDescriptor: r.Storage.shape(),
		PartitionKeys: columnsShape(r.Keys), ViewOriginalText: r.ViewText, ViewExpandedText: r.ViewFull, TableType: r.Type,
		Parameters: r.Parameters, CreatedBy: aws.String(r.Creator), CatalogId: aws.String(k.account),
		VersionId: aws.String(strconv.FormatUint(r.Number, 10)), IsMultiDialectView: aws.Bool(false),
	}
	if t := r.Target; t != nil {
		out.TargetTable = &api.TableIdentifier{CatalogId: t.Catalog, DatabaseName: t.Database, Name: t.Name, Region: t.Region}
	}
	return out
}

// only keeps the parts of a table that a listing asks for.
func only(t api.Table, wanted []api.TableAttributes) api.Table {
	out := api.Table{Name: t.Name, DatabaseName: t.DatabaseName, CatalogId: t.CatalogId}
	for _, a := range wanted {
		switch a {
		case api.TableAttributesName:
		case api.TableAttributesTableType:
			out.TableType = t.TableType
		default:
			return t
		}
	}
	if len(wanted) == 0 {
		return t
	}
	return out
}

func partitionOf(path string, in *api.PartitionInput) (*partitionRecord, error) {
	where, err := storageOf(path+".storageDescriptor", in.StorageDescriptor)
	if err != nil {
		return nil, err
	}
	return &partitionRecord{Values: in.Values, Accessed: millis(in.LastAccessTime), Analyzed: millis(in.LastAnalyzedTime),
		Storage: where, Parameters: in.Parameters}, nil
}

func (r *partitionRecord) shape(k catalogKey, database, table string) api.Partition {
	return api.Partition{
		Values: r.Values, DatabaseName: aws.String(database), TableName: aws.String(table), CreationTime: seconds(r.Created),
		LastAccessTime: fromMillis(r.Accessed), LastAnalyzedTime: fromMillis(r.Analyzed), StorageDescriptor: r.Storage.shape(),
		Parameters: r.Parameters, CatalogId: aws.String(k.account),
	}
}

func databaseOf(in *api.DatabaseInput) (*databaseRecord, error) {
	if in.FederatedDatabase != nil {
		return nil, beyond("Federated databases are")
	}
	out := &databaseRecord{Name: fold(in.Name), Description: in.Description, Location: in.LocationUri, Parameters: in.Parameters,
		Grants: each(in.CreateTableDefaultPermissions, grantOf)}
	if in.CreateTableDefaultPermissions == nil {
		// What an account has whose catalog Lake Formation does not guard.
		out.Grants = []grant{{aws.String("IAM_ALLOWED_PRINCIPALS"), []string{string(api.PermissionAll)}}}
	}
	if t := in.TargetDatabase; t != nil {
		out.Target = &target{Catalog: t.CatalogId, Database: t.DatabaseName, Region: t.Region}
	}
	return out, nil
}

func grantOf(in api.PrincipalPermissions) grant {
	out := grant{Permissions: each(in.Permissions, func(p api.Permission) string { return string(p) })}
	if in.Principal != nil {
		out.Principal = in.Principal.DataLakePrincipalIdentifier
	}
	return out
}

func (g grant) shape() api.PrincipalPermissions {
	out := api.PrincipalPermissions{Permissions: each(g.Permissions, func(p string) api.Permission { return api.Permission(p) })}
	if g.Principal != nil {
		out.Principal = &api.DataLakePrincipal{DataLakePrincipalIdentifier: g.Principal}
	}
	return out
}

func (r *databaseRecord) shape(k catalogKey) api.Database {
	out := api.Database{
		Name: aws.String(r.Name), Description: r.Description, LocationUri: r.Location, Parameters: r.Parameters,
		CreateTime: seconds(r.Created), CreateTableDefaultPermissions: each(r.Grants, grant.shape), CatalogId: aws.String(k.account),
	}
	if t := r.Target; t != nil {
		out.TargetDatabase = &api.DatabaseIdentifier{CatalogId: t.Catalog, DatabaseName: t.Database, Region: t.Region}
	}
	return out
}

// foldAll folds each of several names.
func foldAll(names []string) []string { return each(names, strings.ToLower) }
