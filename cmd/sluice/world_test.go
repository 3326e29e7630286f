package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice"
)

// TestMain lets a test run the program as a process of its own: the test binary
// is the program when it is told so.
func TestMain(m *testing.M) {
	if os.Getenv("SLUICE_TEST_AS_PROGRAM") != "" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.LookupEnv)
		stop()
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// world is a server with streams, and a way to run commands against it.
type world struct {
	*sluice.Sluice
	t *testing.T
}

func newWorld(t *testing.T, options ...sluice.Option) *world {
	t.Helper()
	off := func(c *sluice.Config) { c.Limits = sluice.LimitsOff }
	return &world{sluice.RunT(t, append([]sluice.Option{off}, options...)...), t}
}

// run runs a command with input and returns what it did.
func (w *world) run(ctx context.Context, input io.Reader, out io.Writer, args ...string) (code int, talk string) {
	var err bytes.Buffer
	code = run(ctx, args, input, out, &err, env("AWS_ENDPOINT_URL", w.Endpoint()))
	return code, err.String()
}

// ok runs a command that must succeed, and returns its data.
func (w *world) ok(args ...string) string {
	w.t.Helper()
	return w.in("", args...)
}

// in is ok with input.
func (w *world) in(input string, args ...string) string {
	w.t.Helper()
	var out bytes.Buffer
	code, talk := w.run(w.t.Context(), strings.NewReader(input), &out, args...)
	require.Equal(w.t, exitFine, code, "%v: %s", args, talk)
	return out.String()
}

// fails runs a command that must fail, and returns what it says.
func (w *world) fails(code int, args ...string) string {
	w.t.Helper()
	var out bytes.Buffer
	have, talk := w.run(w.t.Context(), strings.NewReader(""), &out, args...)
	require.Equal(w.t, code, have, "%v: %s", args, talk)
	require.Empty(w.t, out.String(), "stdout is for data")
	return talk
}

// background starts a command that goes on, and returns what it has printed,
// what ends it, and its exit code.
func (w *world) background(args ...string) (out *talk, stop context.CancelFunc, code <-chan int) {
	ctx, cancel := context.WithCancel(w.t.Context())
	out, ended := &talk{}, make(chan int, 1)
	go func() {
		code, _ := w.run(ctx, strings.NewReader(""), out, args...)
		ended <- code
	}()
	w.t.Cleanup(cancel)
	return out, cancel, ended
}

// eventually waits until a command that goes on has printed want.
func (w *world) eventually(out *talk, want string) {
	w.t.Helper()
	require.Eventually(w.t, func() bool { return out.String() == want }, time.Minute, 5*time.Millisecond, "want %q", want)
}

func lines(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "%06d\n", i)
	}
	return b.String()
}
