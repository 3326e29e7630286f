package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

func TestRepeats(t *testing.T) {
	var r repeats
	at := time.Unix(0, 0)
	tell := func(operation string, err error) string {
		silent, ok := r.tell("kinesis", operation, err, at)
		return fmt.Sprint(silent, " ", ok)
	}
	full := func(n int) error {
		return fmt.Errorf("write %06d.log: %w", n, errors.Join(syscall.ENOSPC, errors.New("and more")))
	}
	require.Equal(t, "0 true", tell("PutRecord", full(1)))
	for n := range 1000 {
		require.Equal(t, "0 false", tell("PutRecord", full(n)))
	}
	require.Equal(t, "0 true", tell("PutRecords", full(1)))
	require.Equal(t, "0 true", tell("PutRecord", errors.New("something else")))
	at = at.Add(repeatAfter)
	require.Equal(t, "1000 true", tell("PutRecord", full(2)))
	require.Equal(t, "0 false", tell("PutRecord", full(3)))
	for n := range 3 * repeatsMost {
		tell("PutRecord", fmt.Errorf("error %d", n))
		require.LessOrEqual(t, len(r.seen), repeatsMost)
	}
}

// A disk that is full fails every put, and is one line of the log.
func TestAFullDiskIsToldOnce(t *testing.T) {
	s := open(t, &streamsRoom{put: func(context.Context, *kinesis.PutRecordInput) (*kinesis.PutRecordOutput, error) {
		return nil, fmt.Errorf("append: %w", syscall.ENOSPC)
	}})
	var text bytes.Buffer
	s.log = slog.New(slog.NewTextHandler(&text, nil))
	for range 20 {
		a, err := put(t, s, "http", transports(t, s)["http HTTP/1.1"])
		require.NoError(t, err)
		require.Equal(t, 500, a.status)
	}
	require.Equal(t, 1, strings.Count(text.String(), "an operation failed"), text.String())
	require.Contains(t, text.String(), "no space left on device")
}
