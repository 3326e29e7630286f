package glue

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
	"sluice/store/kv"
)

// failing is a space whose commits fail from the given one on.
type failing struct {
	kv.Space
	left int
}

var errDisk = errors.New("the disk is full")

// Commit implements kv.Space.
func (f *failing) Commit(ctx context.Context, b *kv.Batch) error {
	if f.left--; f.left < 0 {
		return errDisk
	}
	return f.Space.Commit(ctx, b)
}

// story changes a catalog in every way there is.
func (w *world) story(ctx context.Context) (done int, err error) {
	lake, t, room := aws.String("lake"), aws.String("t"), w.room
	inputs := []api.PartitionInput{{Values: []string{"1"}}, {Values: []string{"2"}}, {Values: []string{"3"}}}
	for _, step := range []func() error{
		func() (err error) {
			_, err = room.CreateDatabase(ctx, &api.CreateDatabaseInput{DatabaseInput: &api.DatabaseInput{Name: lake}})
			return
		},
		func() (err error) {
			_, err = room.CreateTable(ctx, &api.CreateTableInput{DatabaseName: lake, TableInput: tableInput("t", "year:int")})
			return
		},
		func() (err error) {
			_, err = room.CreateTable(ctx, &api.CreateTableInput{DatabaseName: lake, TableInput: tableInput("u", "year:int")})
			return
		},
		func() (err error) {
			_, err = room.BatchCreatePartition(ctx, &api.BatchCreatePartitionInput{DatabaseName: lake, TableName: t, PartitionInputList: inputs})
			return
		},
		func() (err error) {
			_, err = room.UpdateTable(ctx, &api.UpdateTableInput{DatabaseName: lake, TableInput: tableInput("t", "year:int")})
			return
		},
		func() (err error) {
			_, err = room.UpdatePartition(ctx, &api.UpdatePartitionInput{DatabaseName: lake, TableName: t, PartitionValueList: []string{"1"},
				PartitionInput: &api.PartitionInput{Values: []string{"4"}}})
			return
		},
		func() (err error) {
			_, err = room.DeletePartition(ctx, &api.DeletePartitionInput{DatabaseName: lake, TableName: t, PartitionValues: []string{"2"}})
			return
		},
		func() (err error) {
			_, err = room.UpdateTable(ctx, &api.UpdateTableInput{DatabaseName: lake, TableInput: tableInput("t", "year:int")})
			return
		},
		func() (err error) {
			_, err = room.DeleteTableVersion(ctx, &api.DeleteTableVersionInput{DatabaseName: lake, TableName: t, VersionId: aws.String("0")})
			return
		},
		func() (err error) {
			_, err = room.DeleteTable(ctx, &api.DeleteTableInput{DatabaseName: lake, Name: aws.String("u")})
			return
		},
		func() (err error) { _, err = room.DeleteDatabase(ctx, &api.DeleteDatabaseInput{Name: lake}); return },
	} {
		if err := step(); err != nil {
			return done, err
		}
		done++
	}
	return done, nil
}

// TestEveryCommitCanFail stops the story at each commit: what was answered is there, of what failed there is nothing, and
// what is counted is what there is.
func TestEveryCommitCanFail(t *testing.T) {
	for failsAt := 0; ; failsAt++ {
		w := newWorld(t)
		disk := &failing{Space: w.space, left: failsAt}
		w.space = disk
		w.open(Quotas{})
		done, err := w.story(t.Context())
		disk.left = 1 << 30
		w.open(Quotas{}) // a restart
		w.countsHold()
		if err == nil {
			require.Equal(t, 11, done)
			break
		}
		require.ErrorIs(t, err, errDisk)
		require.Equal(t, failsAt, done)
	}
}

// countsHold compares what is counted with what there is, and finds no rows of tables that are gone.
func (w *world) countsHold() {
	w.t.Helper()
	rows := map[string]int{} // by prefix and what is below it
	records := map[string][]byte{}
	err := w.space.Scan(context.Background(), nil, nil, false, func(key, value []byte) (bool, error) {
		at := strings.IndexByte(string(key), 0)
		at += strings.IndexByte(string(key[at+1:]), 0) + 2 // behind account and region
		size := map[byte]int{prefixTable: 8, prefixVersion: 16, prefixPartition: 16}[key[0]]
		rows[string(key[0])+string(key[1:at+size])]++
		records[string(key)] = append([]byte(nil), value...)
		return true, nil
	})
	require.NoError(w.t, err)
	owned := 0
	for key, value := range records {
		below := key[1:]
		switch key[0] {
		case prefixCatalog:
			r := &catalogRecord{}
			require.NoError(w.t, decode(value, r))
			require.Equal(w.t, rows[string(prefixDatabase)+below], r.Databases)
		case prefixContents:
			r := &contentsRecord{}
			require.NoError(w.t, decode(value, r))
			require.Equal(w.t, rows[string(prefixTable)+below], r.Tables)
		case prefixTable:
			r := &tableRecord{}
			require.NoError(w.t, decode(value, r))
			id := string(binary.BigEndian.AppendUint64([]byte(below[:len(below)-len(r.Name)]), r.ID))
			n := &countsRecord{form: form{Version: 1}}
			if counts, ok := records[string(prefixCounts)+id]; ok {
				require.NoError(w.t, decode(counts, n))
				owned++
			}
			require.Equal(w.t, rows[string(prefixPartition)+id], n.Partitions)
			require.Equal(w.t, rows[string(prefixVersion)+id], n.Versions)
			owned += n.Partitions + n.Versions
		}
	}
	require.Equal(w.t, w.rows(prefixCounts)+w.rows(prefixPartition)+w.rows(prefixVersion), owned, "nothing is left of what is gone")
}

// TestRestart opens the catalog again over what it has stored.
func TestRestart(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.table("t", "year:int")
	w.partition("t", "2026")
	w.update("new")
	w.open(Quotas{})
	require.Equal(t, [][]string{{"2026"}}, w.partitions())
	require.Equal(t, []string{"1", "0"}, w.versions())
	w.countsHold()
	removed, err := w.room.Reset(t.Context(), "000000000000", "")
	require.NoError(t, err)
	require.Equal(t, 1, removed)
	w.countsHold()
	removed, err = w.room.Reset(t.Context(), "", "")
	require.NoError(t, err)
	require.Zero(t, removed)
	w.database("lake")
	w.table("t", "year:int")
	require.Empty(t, w.partitions())
}

// TestStoredForms refuses what a newer program has written, and what nobody has.
func TestStoredForms(t *testing.T) {
	require.ErrorContains(t, decode([]byte(`{"version":2}`), &tableRecord{}), "newer Sluice (format 2)")
	for _, bad := range []string{``, `{`, `{}`, `{"version":-1}`, `[]`, `{"version":1,"id":-1}`} {
		require.ErrorIs(t, decode([]byte(bad), &tableRecord{}), errRecord, bad)
	}
	w := newWorld(t)
	w.database("lake")
	k := catalogKey{"000000000000", "us-east-1"}
	b := &kv.Batch{}
	b.Set(k.database("bad"), []byte(`{"version":9}`))
	require.NoError(t, w.space.Commit(t.Context(), b))
	_, err := w.room.GetDatabase(t.Context(), &api.GetDatabaseInput{Name: aws.String("bad")})
	require.ErrorContains(t, err, "newer Sluice")
	_, err = w.room.GetDatabases(t.Context(), &api.GetDatabasesInput{})
	require.ErrorContains(t, err, "newer Sluice")
}

// TestAtOnce has many change one catalog at the same time.
func TestAtOnce(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.table("t", "year:int")
	var all sync.WaitGroup
	var mu sync.Mutex
	updated := 0
	for i := range 8 {
		all.Go(func() {
			for n := range 12 {
				name := fmt.Sprintf("x%d", n%3)
				_, _ = w.room.CreateTable(t.Context(), &api.CreateTableInput{DatabaseName: aws.String("lake"), TableInput: tableInput(name, "year:int")})
				_, _ = w.room.CreatePartition(t.Context(), &api.CreatePartitionInput{DatabaseName: aws.String("lake"), TableName: &name,
					PartitionInput: &api.PartitionInput{Values: []string{fmt.Sprint(n)}}})
				if _, err := w.room.UpdateTable(t.Context(), &api.UpdateTableInput{DatabaseName: aws.String("lake"), TableInput: tableInput("t", "year:int"),
					VersionId: aws.String(fmt.Sprint(n))}); err == nil {
					mu.Lock()
					updated++
					mu.Unlock()
				}
				_, _ = w.room.DeleteTable(t.Context(), &api.DeleteTableInput{DatabaseName: aws.String("lake"), Name: &name})
				_, _ = w.room.CreateDatabase(t.Context(), &api.CreateDatabaseInput{DatabaseInput: &api.DatabaseInput{Name: aws.String(fmt.Sprint(i, n))}})
			}
		})
	}
	all.Wait()
	require.Len(t, w.versions(), updated+1, "of all who know a version one is the first")
	w.countsHold()
	require.Empty(t, w.room.turns.busy, "nobody waits any more")
}
