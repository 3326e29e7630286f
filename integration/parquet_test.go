package integration

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestParquetReaders has records converted to Parquet in every way there is, and reads the files with PyArrow and DuckDB.
func TestParquetReaders(t *testing.T) {
	t.Parallel()
	server := Start(t, "--memory", "--transition", "0", "--limits", "off")
	ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
	defer cancel()
	command, err := server.Program(ctx, "parquet", "", server.URL, "AWS_ENDPOINT_URL="+server.URL)
	require.NoError(t, err)
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s\n%s", tailOf(out), server.talk)
	require.Contains(t, string(out), "all well")
}

// A corpus has a slice of 20 MB in every run, and more than a gigabyte in `make test-clients`.
const (
	corpusSlice = 20 << 20
	corpusWhole = 1040 << 20
)

// TestLogCorpus sends the logs of this machine through a stream and two delivery streams: into gzip, and into Parquet by
// partition. Every row comes out as it was put.
func TestLogCorpus(t *testing.T) {
	t.Parallel()
	logCorpus(t, corpusSlice, clientLimit)
}

// TestAllClientVersionsOfLogCorpus does so at full size. It is for `make test-clients`.
func TestAllClientVersionsOfLogCorpus(t *testing.T) {
	if os.Getenv("SLUICE_ALL_CLIENTS") == "" {
		t.Skip("run by make test-clients")
	}
	logCorpus(t, corpusWhole, 30*time.Minute)
}

func logCorpus(t *testing.T, bytes int, limit time.Duration) {
	t.Helper()
	server := Start(t, "--transition", "0", "--limits", "off")
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	command, err := server.Program(ctx, "parquet", "", server.URL, "AWS_ENDPOINT_URL="+server.URL, "SLUICE_PROGRAM=corpus_client.py", fmt.Sprint("SLUICE_CORPUS=", bytes))
	require.NoError(t, err)
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s\n%s", tailOf(out), server.talk)
	require.Contains(t, string(out), "all well")
	t.Logf("%s%d MiB resident", out, server.ResidentKiB()>>10)
}
