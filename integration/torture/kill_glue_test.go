package torture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	gt "github.com/aws/aws-sdk-go-v2/service/glue/types"
)

// catalogName is the database of the catalog that stays, and the table in it
// that has partitions.
const (
	catalogName = "catalog"
	eventsName  = "events"
)

// cycle makes, changes and removes things in turn, each under its key.
func (k *killing) cycle(ctx context.Context, dice *rand.Rand, keys []string, do func(key, was, next string) error) {
	// A turn begins where the one before the last kill has ended.
	turn, _ := k.turns.LoadOrStore(keys[0], new(int))
	for n := turn.(*int); pause(ctx, dice); *n++ {
		key := keys[*n%len(keys)]
		was, next := k.values.get(key), fmt.Sprintf("r%dn%d", k.rounds, *n)
		if was != absent && *n%5 == 4 {
			next = absent
		}
		if k.values.change(key, next, func() error { return do(key, was, next) }) != nil {
			return
		}
	}
}

func (c *calls) makeCatalog(ctx context.Context) error {
	if _, err := c.glue.CreateDatabase(ctx, &glue.CreateDatabaseInput{DatabaseInput: &gt.DatabaseInput{Name: aws.String(catalogName)}}); err != nil {
		return err
	}
	_, err := c.glue.CreateTable(ctx, &glue.CreateTableInput{DatabaseName: aws.String(catalogName), TableInput: &gt.TableInput{
		Name: aws.String(eventsName), PartitionKeys: []gt.Column{{Name: aws.String("day"), Type: aws.String("string")}},
	}})
	return err
}

// catalog changes databases, tables with their versions, and partitions.
func (k *killing) catalog(ctx context.Context, dice *rand.Rand) {
	keys := []string{"database/a", "table/a", "partition/a", "table/b", "database/b", "partition/b", "partition/c"}
	k.cycle(ctx, dice, keys, func(key, was, next string) error {
		kind, name := kindOf(key)
		switch kind {
		case "database":
			return k.calls.changeDatabase(ctx, name, was, next)
		case "table":
			return k.calls.changeTable(ctx, name, was, next)
		}
		return k.calls.changePartition(ctx, name, was, next)
	})
}

func (c *calls) changeDatabase(ctx context.Context, name, was, next string) (err error) {
	in := &gt.DatabaseInput{Name: &name, Description: &next}
	switch {
	case next == absent:
		_, err = c.glue.DeleteDatabase(ctx, &glue.DeleteDatabaseInput{Name: &name})
	case was == absent:
		_, err = c.glue.CreateDatabase(ctx, &glue.CreateDatabaseInput{DatabaseInput: in})
	default:
		_, err = c.glue.UpdateDatabase(ctx, &glue.UpdateDatabaseInput{Name: &name, DatabaseInput: in})
	}
	return err
}

func (c *calls) changeTable(ctx context.Context, name, was, next string) (err error) {
	database, in := aws.String(catalogName), &gt.TableInput{Name: &name, Description: &next}
	switch {
	case next == absent:
		_, err = c.glue.DeleteTable(ctx, &glue.DeleteTableInput{DatabaseName: database, Name: &name})
	case was == absent:
		_, err = c.glue.CreateTable(ctx, &glue.CreateTableInput{DatabaseName: database, TableInput: in})
	default:
		_, err = c.glue.UpdateTable(ctx, &glue.UpdateTableInput{DatabaseName: database, TableInput: in})
	}
	return err
}

func (c *calls) changePartition(ctx context.Context, name, was, next string) (err error) {
	database, table, values := aws.String(catalogName), aws.String(eventsName), []string{name}
	in := &gt.PartitionInput{Values: values, Parameters: map[string]string{"value": next}}
	switch {
	case next == absent:
		_, err = c.glue.DeletePartition(ctx, &glue.DeletePartitionInput{DatabaseName: database, TableName: table, PartitionValues: values})
	case was == absent:
		_, err = c.glue.CreatePartition(ctx, &glue.CreatePartitionInput{DatabaseName: database, TableName: table, PartitionInput: in})
	default:
		_, err = c.glue.UpdatePartition(ctx, &glue.UpdatePartitionInput{DatabaseName: database, TableName: table, PartitionValueList: values, PartitionInput: in})
	}
	return err
}

// catalogValue reads what catalog has changed.
func (c *calls) catalogValue(ctx context.Context, kind, name string) (value string, err error) {
	switch kind {
	case "database":
		out, e := c.glue.GetDatabase(ctx, &glue.GetDatabaseInput{Name: &name})
		if err = e; err == nil {
			value = aws.ToString(out.Database.Description)
		}
	case "table":
		value, err = c.tableValue(ctx, name)
	default:
		out, e := c.glue.GetPartition(ctx, &glue.GetPartitionInput{DatabaseName: aws.String(catalogName), TableName: aws.String(eventsName), PartitionValues: []string{name}})
		if err = e; err == nil {
			value = out.Partition.Parameters["value"]
		}
	}
	var missing *gt.EntityNotFoundException
	if errors.As(err, &missing) {
		return absent, nil
	}
	return value, err
}

// tableValue reads a table. It must be its own newest version, and each version
// be there once.
func (c *calls) tableValue(ctx context.Context, name string) (string, error) {
	out, err := c.glue.GetTable(ctx, &glue.GetTableInput{DatabaseName: aws.String(catalogName), Name: &name})
	if err != nil {
		return "", err
	}
	value, version := aws.ToString(out.Table.Description), aws.ToString(out.Table.VersionId)
	seen := map[string]string{}
	pages := glue.NewGetTableVersionsPaginator(c.glue, &glue.GetTableVersionsInput{DatabaseName: aws.String(catalogName), TableName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", err
		}
		for _, v := range page.TableVersions {
			was := aws.ToString(v.Table.Description)
			if seen[was] != "" {
				return "", fmt.Errorf("%s is both version %s and %s", was, seen[was], aws.ToString(v.VersionId))
			}
			seen[was] = aws.ToString(v.VersionId)
		}
	}
	if seen[value] != version {
		return "", fmt.Errorf("the table is %s in version %s, and the versions have it as %q", value, version, seen[value])
	}
	return value, nil
}
