package glue

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
	"sluice/internal/caller"
	"sluice/internal/clock"
	"sluice/store/kv"
	"sluice/store/kv/memkv"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// world is a catalog under test with what is around it.
type world struct {
	t     *testing.T
	clock *clock.Service
	space kv.Space
	room  *Catalog
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, clock: clock.NewManual(start), space: memkv.NewOrdered()}
	w.open(Quotas{})
	return w
}

func (w *world) open(q Quotas) {
	w.t.Helper()
	room, err := Open(Config{Clock: w.clock, Space: w.space, Account: "000000000000", Region: "us-east-1", Quotas: q})
	require.NoError(w.t, err)
	w.room = room
}

// as is a context of somebody else.
func as(ctx context.Context, account, region string) context.Context {
	return caller.With(ctx, caller.Caller{Account: account, Region: region})
}

func (w *world) database(name string) {
	w.t.Helper()
	_, err := w.room.CreateDatabase(w.t.Context(), &api.CreateDatabaseInput{DatabaseInput: &api.DatabaseInput{Name: &name}})
	require.NoError(w.t, err)
}

// table makes a table of database "lake" with a column n and with partition
// keys, "year:int" and the like.
func (w *world) table(name string, keys ...string) {
	w.t.Helper()
	_, err := w.room.CreateTable(w.t.Context(), &api.CreateTableInput{DatabaseName: aws.String("lake"), TableInput: tableInput(name, keys...)})
	require.NoError(w.t, err)
}

func tableInput(name string, keys ...string) *api.TableInput {
	return &api.TableInput{Name: &name, StorageDescriptor: &api.StorageDescriptor{Columns: columns("n:bigint")}, PartitionKeys: columns(keys...)}
}

func columns(texts ...string) []api.Column {
	list := []api.Column{}
	for _, text := range texts {
		name, of, _ := strings.Cut(text, ":")
		list = append(list, api.Column{Name: &name, Type: &of})
	}
	return list
}

// says checks code and text of an error.
func says(t *testing.T, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	require.True(t, errors.As(err, &api), "%v", err)
	require.Equal(t, code, api.ErrorCode())
	require.Equal(t, message, api.ErrorMessage())
}

// rows counts what the space holds under a prefix.
func (w *world) rows(prefix byte) int {
	n := 0
	err := w.space.Scan(context.Background(), []byte{prefix}, []byte{prefix + 1}, false, func(_, _ []byte) (bool, error) { n++; return true, nil })
	require.NoError(w.t, err)
	return n
}

// advance moves service time.
func (w *world) advance(d time.Duration) {
	w.t.Helper()
	_, err := w.clock.Advance(w.t.Context(), d, time.Minute)
	require.NoError(w.t, err)
}

// partition makes a partition of a table of database "lake".
func (w *world) partition(table string, values ...string) {
	w.t.Helper()
	_, err := w.room.CreatePartition(w.t.Context(), &api.CreatePartitionInput{DatabaseName: aws.String("lake"), TableName: &table,
		PartitionInput: &api.PartitionInput{Values: values}})
	require.NoError(w.t, err)
}

// update gives table "t" of database "lake" a description.
func (w *world) update(description string) {
	w.t.Helper()
	_, err := w.room.UpdateTable(w.t.Context(), &api.UpdateTableInput{DatabaseName: aws.String("lake"),
		TableInput: &api.TableInput{Name: aws.String("t"), Description: &description}})
	require.NoError(w.t, err)
}

// versions lists the ids of the versions of table "t", newest first.
func (w *world) versions() (ids []string) {
	w.t.Helper()
	out, err := w.room.GetTableVersions(w.t.Context(), &api.GetTableVersionsInput{DatabaseName: aws.String("lake"), TableName: aws.String("t")})
	require.NoError(w.t, err)
	require.Nil(w.t, out.NextToken)
	for _, v := range out.TableVersions {
		ids = append(ids, *v.VersionId)
	}
	return ids
}

// partitions lists the values of the partitions of table "t".
func (w *world) partitions() [][]string {
	w.t.Helper()
	out, err := w.room.GetPartitions(w.t.Context(), &api.GetPartitionsInput{DatabaseName: aws.String("lake"), TableName: aws.String("t")})
	require.NoError(w.t, err)
	require.Nil(w.t, out.NextToken)
	list := [][]string{}
	for _, p := range out.Partitions {
		list = append(list, p.Values)
	}
	return list
}

// counts tells what is counted of table "t".
func (w *world) counts() (partitions, versions int) {
	w.t.Helper()
	t, err := w.room.locateTable(w.t.Context(), nil, aws.String("lake"), aws.String("t"))
	require.NoError(w.t, err)
	n, err := w.room.counts(w.t.Context(), t)
	require.NoError(w.t, err)
	return n.Partitions, n.Versions
}
