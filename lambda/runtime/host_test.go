package runtime

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/clock"
	"sluice/internal/dice"
	"sluice/lambda/function"
)

const (
	account = "000000000000"
	region  = "eu-west-1"
)

// open starts a host that ends with the test. Processes it starts are this
// test program again; see program_test.go.
func open(t *testing.T, change ...func(*Config)) *Host {
	t.Helper()
	c := Config{Host: clock.Host(), Dice: dice.Seeded(1), AllowExec: true,
		URL: func() string { return "http://127.0.0.1:4566" }}
	for _, f := range change {
		f(&c)
	}
	h, err := Open(c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	return h
}

func key(name string) Key { return Key{Account: account, Region: region, Name: name} }

func (h *Host) mustRegister(t *testing.T, d Definition) {
	t.Helper()
	if d.Account == "" {
		d.Key = key(d.Name)
	}
	require.NoError(t, h.Register(d))
}

func (h *Host) goFunction(t *testing.T, name string, f Handler) {
	t.Helper()
	h.mustRegister(t, Definition{Key: key(name), Go: f})
}

func invocation(name, payload string) function.Invocation {
	return function.Invocation{Account: account, Region: region, Name: name, Payload: []byte(payload)}
}

func invoke(t *testing.T, h *Host, name, payload string) function.Result {
	t.Helper()
	r, err := h.Invoke(t.Context(), invocation(name, payload))
	require.NoError(t, err)
	return r
}

func requireFailure(t *testing.T, r function.Result, kind, message string) {
	t.Helper()
	require.Equal(t, function.Unhandled, r.Error, string(r.Payload))
	require.Contains(t, string(r.Payload), `"errorType":"`+kind+`"`)
	require.Contains(t, string(r.Payload), message)
}

func requireRefused(t *testing.T, err error, code string) *function.NotInvoked {
	t.Helper()
	var refused *function.NotInvoked
	require.ErrorAs(t, err, &refused)
	require.Equal(t, code, refused.Code, refused.Message)
	return refused
}

func echo(_ context.Context, event []byte) ([]byte, error) { return event, nil }

func TestGoFunction(t *testing.T) {
	h := open(t)
	h.goFunction(t, "echo", echo)
	in := invocation("echo", `{"a":1}`)
	in.Tail, in.RequestID = true, "9c1e"
	r, err := h.Invoke(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, `{"a":1}`, string(r.Payload))
	require.Equal(t, "$LATEST", r.Version)
	require.Empty(t, r.Error)
	require.Regexp(t, "^START RequestId: 9c1e Version: \\$LATEST\nEND RequestId: 9c1e\nREPORT RequestId: 9c1e\tDuration: ", string(r.Log))
}

type myError struct{}

func (*myError) Error() string { return "mine" }

func TestGoFunctionFailures(t *testing.T) {
	h := open(t)
	h.goFunction(t, "error", func(context.Context, []byte) ([]byte, error) { return nil, errors.New("sour") })
	h.goFunction(t, "own", func(context.Context, []byte) ([]byte, error) { return nil, &myError{} })
	h.goFunction(t, "panic", func(context.Context, []byte) ([]byte, error) { panic("bitter") })
	h.goFunction(t, "nothing", func(context.Context, []byte) ([]byte, error) { return nil, nil })
	h.mustRegister(t, Definition{Key: key("slow"), Timeout: 20 * time.Millisecond, Go: func(ctx context.Context, _ []byte) ([]byte, error) {
		<-ctx.Done()
		time.Sleep(50 * time.Millisecond) // it does not hurry
		return nil, nil
	}})
	requireFailure(t, invoke(t, h, "error", `{}`), "errorString", "sour")
	requireFailure(t, invoke(t, h, "own", `{}`), "myError", "mine")
	requireFailure(t, invoke(t, h, "panic", `{}`), "Runtime.Panic", "bitter")
	requireFailure(t, invoke(t, h, "slow", `{}`), "Sandbox.Timedout", "Error: Task timed out after 0.02 seconds")
	require.Equal(t, "null", string(invoke(t, h, "nothing", `{}`).Payload))
}

func TestSizes(t *testing.T) {
	h := open(t)
	h.goFunction(t, "echo", echo)
	h.goFunction(t, "large", func(context.Context, []byte) ([]byte, error) { return make([]byte, 7<<20), nil })
	_, err := h.Invoke(t.Context(), invocation("echo", strings.Repeat("x", MaxEvent+1)))
	require.Equal(t, "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
		requireRefused(t, err, "RequestEntityTooLargeException").Message)
	require.Len(t, invoke(t, h, "echo", strings.Repeat("x", MaxEvent)).Payload, MaxEvent)
	requireFailure(t, invoke(t, h, "large", `{}`), "Function.ResponseSizeTooLarge",
		"Response payload size (7340032 bytes) exceeded maximum allowed payload size (6291556 bytes).")
}

func TestNames(t *testing.T) {
	h := open(t)
	answer := func(text string) Handler {
		return func(context.Context, []byte) ([]byte, error) { return []byte(text), nil }
	}
	h.goFunction(t, "f", answer(`"here"`))
	for _, other := range []Key{{"111111111111", region, "f", ""}, {account, "us-east-1", "f", ""}} {
		in := invocation("f", `{}`)
		in.Account, in.Region = other.Account, other.Region
		_, err := h.Invoke(t.Context(), in)
		require.Equal(t, "Function not found: "+other.String(), requireRefused(t, err, "ResourceNotFoundException").Message)
	}
	h.mustRegister(t, Definition{Key: Key{account, region, "versioned", ""}, Origin: FromAPI, Go: answer(`"latest"`)})
	h.mustRegister(t, Definition{Key: Key{account, region, "versioned", "1"}, Origin: FromAPI, Go: answer(`"one"`)})
	for name, qualifier := range map[string][2]string{"f": {"prod", `"here"`}, "versioned": {"1", `"one"`}} {
		in := invocation(name, `{}`)
		in.Qualifier = qualifier[0]
		r, err := h.Invoke(t.Context(), in)
		require.NoError(t, err)
		require.Equal(t, qualifier[1], string(r.Payload))
	}
	in := invocation("versioned", `{}`)
	in.Qualifier = "2"
	_, err := h.Invoke(t.Context(), in)
	requireRefused(t, err, "ResourceNotFoundException")
	require.Len(t, h.List(account, region), 3)
	require.True(t, h.Remove(key("f")))
	require.False(t, h.Remove(key("f")))
	_, err = h.Invoke(t.Context(), invocation("f", `{}`))
	requireRefused(t, err, "ResourceNotFoundException")
}

func TestDefinitionsAreChecked(t *testing.T) {
	h := open(t)
	negative := -1
	for problem, d := range map[string]Definition{
		"is not the name of a function":       {Key: key("a b"), Go: echo},
		"a function has one target":           {Key: key("a")},
		"one target: http, endpoint or exec":  {Key: key("a"), Go: echo, Exec: &Exec{Command: []string{"x"}}},
		"exec needs a command":                {Key: key("a"), Exec: &Exec{}},
		`"127.0.0.1:9000" is not a URL`:       {Key: key("a"), HTTP: &HTTP{URL: "127.0.0.1:9000"}},
		`"ftp://x" is not a URL`:              {Key: key("a"), Endpoint: &Endpoint{URL: "ftp://x"}},
		"concurrency 1001 is not from 1":      {Key: key("a"), HTTP: &HTTP{URL: "http://x", Concurrency: 1001}},
		"timeout 16m0s is not from 0s":        {Key: key("a"), Go: echo, Timeout: 16 * time.Minute},
		"reserved concurrency cannot be":      {Key: key("a"), Go: echo, Reserved: &negative},
		"could not unzip uploaded file: zip:": {Key: key("a"), Code: &Code{Zip: []byte("PK")}},
	} {
		require.ErrorContains(t, h.Register(d), problem)
	}
	require.Empty(t, h.List("", ""))
}

func TestReservedConcurrency(t *testing.T) {
	h := open(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	one := 1
	h.mustRegister(t, Definition{Key: key("one"), Reserved: &one, Go: func(context.Context, []byte) ([]byte, error) {
		entered <- struct{}{}
		<-leave
		return []byte("1"), nil
	}})
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = h.Invoke(t.Context(), invocation("one", `{}`)) })
	<-entered
	_, err := h.Invoke(t.Context(), invocation("one", `{}`))
	refused := requireRefused(t, err, "TooManyRequestsException")
	require.True(t, refused.Throttled)
	require.Equal(t, "Rate Exceeded.", refused.Message)
	close(leave)
	wg.Wait()
}

// Whoever has the answer of a call may call again: its place is free by then.
func TestPlaceIsFreeBeforeTheAnswer(t *testing.T) {
	h := open(t)
	one := 1
	h.mustRegister(t, Definition{Key: key("one"), Reserved: &one, Go: echo})
	h.goFunction(t, "idle", echo)
	var others sync.WaitGroup
	defer others.Wait()
	for range 2 { // they keep the processors from who gives the place back
		others.Go(func() {
			for range 5000 {
				_, _ = h.Invoke(t.Context(), invocation("idle", `{}`))
			}
		})
	}
	for range 5000 {
		invoke(t, h, "one", `{}`)
	}
}

func TestProcessesNeedPermission(t *testing.T) {
	h := open(t, func(c *Config) { c.AllowExec = false })
	require.ErrorIs(t, h.Register(Definition{Key: key("x"), Exec: &Exec{Command: []string{"true"}}}), ErrNoExec)
	require.ErrorIs(t, h.Replace(FromFile, []Definition{{Key: key("g"), Go: echo}, {Key: key("x"), Exec: &Exec{Command: []string{"true"}}}}), ErrNoExec)
	require.Empty(t, h.List("", ""), "nothing of a list with a refused one is taken")
	// Code is kept as tools that create functions expect, and does not run.
	h.mustRegister(t, Definition{Key: key("zip"), Runtime: "provided.al2023", Code: &Code{Zip: zipOf(t, "bootstrap", "#!/bin/sh\n")}})
	_, err := h.Invoke(t.Context(), invocation("zip", `{}`))
	require.Contains(t, requireRefused(t, err, "InvalidRuntimeException").Message, "Start Sluice with --allow-exec.")
	require.Empty(t, h.shelf.dir, "nothing was unpacked")
}

func TestReplaceKeepsOthers(t *testing.T) {
	h := open(t)
	h.mustRegister(t, Definition{Key: key("admin"), Origin: FromAdmin, Go: echo})
	web := Definition{Key: key("web"), HTTP: &HTTP{URL: "http://127.0.0.1:1/"}}
	require.NoError(t, h.Replace(FromFile, []Definition{{Key: key("a"), Go: echo}, web}))
	before := h.functions[key("web")]
	require.NoError(t, h.Replace(FromFile, []Definition{{Key: key("b"), Go: echo}, web}))
	require.Same(t, before, h.functions[key("web")], "an unchanged function goes on")
	var names []string
	for _, d := range h.List(account, region) {
		names = append(names, d.Name)
	}
	require.Equal(t, []string{"admin", "b", "web"}, names)
}

func TestCallerLeaves(t *testing.T) {
	h := open(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	h.goFunction(t, "slow", func(context.Context, []byte) ([]byte, error) {
		close(entered)
		<-leave
		return nil, nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-entered; cancel() }()
	_, err := h.Invoke(ctx, invocation("slow", `{}`))
	require.ErrorIs(t, err, context.Canceled)
	close(leave)
}

func TestLogs(t *testing.T) {
	h := open(t)
	h.goFunction(t, "echo", echo)
	_, ok := h.Logs(t.Context(), key("other"), 0, 10, false)
	require.False(t, ok)
	got := make(chan []Line)
	go func() {
		lines, _ := h.Logs(t.Context(), key("echo"), 0, 10, true)
		got <- lines
	}()
	invoke(t, h, "echo", `{}`)
	first := <-got
	require.Contains(t, first[0].Text, "START RequestId: ")
	require.EqualValues(t, 1, first[0].Seq)
	all, _ := h.Logs(t.Context(), key("echo"), 0, 2, false)
	require.Len(t, all, 2)
	rest, _ := h.Logs(t.Context(), key("echo"), 2, 10, false)
	require.Len(t, rest, 1)
	require.Contains(t, rest[0].Text, "REPORT")
}

func TestLogIsBounded(t *testing.T) {
	j := &journal{}
	for range maxLines + 10 {
		j.add(Line{Text: "x"})
	}
	require.Len(t, j.lines, min(maxLines, maxLogBytes/(1+lineCost)))
	for range 100 {
		j.add(Line{Text: strings.Repeat("y", maxLine)})
	}
	require.LessOrEqual(t, j.bytes, maxLogBytes)
	lines, _ := j.after(0, 1000)
	require.Len(t, lines, 15)
	require.EqualValues(t, maxLines+110-14, lines[0].Seq, "what was dropped is skipped")
	var end tail
	for range 1000 {
		end.add("0123456789")
	}
	require.Len(t, end.bytes(), 4096)
}

func TestMain(m *testing.M) {
	if mode := os.Getenv("PROGRAM"); mode != "" {
		os.Exit(program(mode))
	}
	os.Exit(m.Run())
}
