package sluice_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"

	"sluice"
)

// A test begins with what was exported by `sluice snapshot export orders`. The
// file is older than the retention of its stream, and nothing of it is lost.
func TestExampleOfAFixture(t *testing.T) {
	s := sluice.RunT(t, sluice.WithFixture("testdata/orders.tar.zst"))
	records := oldest(t, kinesis.NewFromConfig(s.AWSConfig()))
	require.Len(t, records, 3)
	require.JSONEq(t, `{"customer":"c-7","total":12}`, string(records[0].Data))

	s.Clock().Step(25 * time.Hour)
	require.Empty(t, oldest(t, kinesis.NewFromConfig(s.AWSConfig())))
}

func TestFixtureAndClock(t *testing.T) {
	later := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		at    time.Time
		later bool
	}{"frozen later": {later, true}, "frozen earlier": {later.AddDate(-1, 0, 0), false}} {
		t.Run(name, func(t *testing.T) {
			s := sluice.RunT(t, sluice.WithFixture("testdata/orders.tar.zst"), sluice.FrozenAt(c.at))
			require.Equal(t, "frozen", s.Clock().State().Mode)
			require.Equal(t, c.later, s.Clock().Now().Equal(c.at))
			require.Len(t, oldest(t, kinesis.NewFromConfig(s.AWSConfig())), 3)
		})
	}
}

// A fixture is for the first start: a folder that has state goes on with it.
func TestFixtureOnDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	c := sluice.Config{Data: dir, Listen: []string{"localhost:0"}, Fixture: "testdata/orders.tar.zst"}
	for range 2 {
		s, err := sluice.Open(t.Context(), c)
		require.NoError(t, err)
		require.Len(t, oldest(t, kinesis.NewFromConfig(s.AWSConfig())), 3)
		require.NoError(t, s.Snapshot(t.Context(), "again"))
		require.NoError(t, s.DeleteSnapshot(t.Context(), "again"))
		require.NoError(t, s.Close())
		c.Fixture = "testdata/none"
	}
	c.Data = t.TempDir()
	_, err := sluice.Open(t.Context(), c)
	require.ErrorContains(t, err, "open the fixture")

	// What is no fixture is told, and nothing of the user's is removed for it.
	require.NoError(t, os.WriteFile(filepath.Join(c.Data, "mine"), []byte("x"), 0o600))
	c.Fixture = "fixture_test.go"
	_, err = sluice.Open(t.Context(), c)
	require.ErrorContains(t, err, "fixture fixture_test.go: this is not a whole snapshot file")
	c.Fixture = "testdata/orders.tar.zst"
	_, err = sluice.Open(t.Context(), c)
	require.ErrorContains(t, err, "not a data folder: ")
	require.FileExists(t, filepath.Join(c.Data, "mine"))
}
