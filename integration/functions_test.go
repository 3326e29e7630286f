package integration

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"
)

// Lambda gives a client of the Go SDK for functions.
func (s *Server) Lambda() *lambda.Client {
	return lambda.New(lambda.Options{Region: "us-east-1", BaseEndpoint: aws.String(s.URL),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
}

// handlerScript is what runs the handler of a language; the test is skipped where that cannot be had.
func handlerScript(t *testing.T, kind string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), filepath.Join(Root(), "integration", "sdk", "handler", "setup.sh"), kind).Output()
	var status *exec.ExitError
	if errors.As(err, &status) && status.ExitCode() == 3 {
		t.Skip("skipped: ", strings.TrimSpace(string(out)))
	}
	require.NoError(t, err, "%s", out)
	return strings.TrimSpace(string(out))
}

// define registers a function by the admin API.
func define(t *testing.T, s *Server, name string, exec map[string]any) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"exec": exec})
	require.NoError(t, err)
	require.NoError(t, s.adminBy(t.Context(), http.MethodPut, "/_sluice/functions/"+name, string(body)))
}

// called invokes and returns the answer, the kind of failure and the end of the log.
func called(t *testing.T, s *Server, name, event string) (payload, failure, log string) {
	t.Helper()
	out, err := s.Lambda().Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &name, Payload: []byte(event), LogType: types.LogTypeTail})
	require.NoError(t, err, "%s: %.200s", name, event)
	require.EqualValues(t, 200, out.StatusCode)
	require.Equal(t, "$LATEST", aws.ToString(out.ExecutedVersion))
	tail, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
	require.NoError(t, err)
	return string(out.Payload), aws.ToString(out.FunctionError), string(tail)
}

// outcome is what an event must come to: an answer, or a failure of a kind whose document has a text.
type outcomeOf struct {
	name, event    string
	payload        string // a pattern
	kind, contains string // of a failure
	hasty          bool   // of the function that has little time
}

// TestHandlers runs the same story with a handler of each language, by the runtime client that AWS publishes for it.
// The rows go to build/report/functions.json.
func TestHandlers(t *testing.T) {
	t.Parallel()
	var all collector
	t.Run("7.6 as processes", func(t *testing.T) { handlers(t, &all) })
	require.NoError(t, WriteReport("functions.json", all.rows))
}

// row gives one line of the report, once the test has ended.
func row(t *testing.T, all *collector, kind string) {
	t.Helper()
	t.Cleanup(func() {
		r := Row{Client: "handler of " + kind, Transport: "exec", Step: "story", Result: "ok"}
		switch {
		case t.Skipped():
			r.Result = "skipped: the runtime client cannot be had on this machine"
		case t.Failed():
			r.Result = "failed"
		}
		all.add([]Row{r})
	})
}

func handlers(t *testing.T, all *collector) {
	t.Helper()
	s := Start(t, "--memory", "--allow-exec", "--transition", "0")
	six := `{"do":"length","value":"` + strings.Repeat("x", 6<<20-40) + `"}`
	length := fmt.Sprint(6<<20 - 40)
	for kind, own := range map[string]struct {
		handler string
		story   []outcomeOf
	}{
		"go": {"", []outcomeOf{
			{name: "an error", event: `{"do":"fail"}`, kind: "errorString", contains: "sour"},
			{name: "a panic", event: `{"do":"panic"}`, kind: "string", contains: "bitter"},
			{name: "after the panic", event: `{"value":"well"}`, payload: `"well"`},
		}},
		"python": {"handler.handle", []outcomeOf{{name: "an error", event: `{"do":"fail"}`, kind: "ValueError", contains: "sour"}}},
		"node":   {"handler.handle", []outcomeOf{{name: "an error", event: `{"do":"fail"}`, kind: "RangeError", contains: "sour"}}},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			row(t, all, kind)
			command := []string{handlerScript(t, kind)}
			if own.handler != "" {
				command = append(command, own.handler)
			}
			define(t, s, kind, map[string]any{"command": command, "timeout": "100s", "concurrency": 2})
			define(t, s, kind+"-hasty", map[string]any{"command": command, "timeout": "5s"})
			story := append([]outcomeOf{
				{name: "an answer", event: `{"value":"hello"}`, payload: `"hello"`},
				{name: "6 MB", event: six, payload: length},
				{name: "context", event: `{"do":"context"}`, payload: `"arn:aws:lambda:us-east-1:000000000000:function:` + kind + `"`},
				{name: "time left", event: `{"do":"context"}`, payload: `"left": ?(\d\d|100)(\.\d+)?[,}]`},
				{name: "7 MB", event: `{"do":"large"}`, kind: "Function.ResponseSizeTooLarge", contains: "exceeded maximum allowed payload size (6291556 bytes)"},
				{name: "after 7 MB", event: `{"value":"still"}`, payload: `"still"`},
				{name: "a crash", event: `{"do":"crash"}`, kind: "Runtime.ExitError", contains: "exit status 7"},
				{name: "after the crash", event: `{"value":"again"}`, payload: `"again"`},
				{name: "a hang", event: `{"do":"hang"}`, kind: "Sandbox.Timedout", contains: "Task timed out after 5.00 seconds", hasty: true},
				{name: "after the hang", event: `{"value":"and again"}`, payload: `"and again"`, hasty: true},
			}, own.story...)
			for _, step := range story {
				name := kind
				if step.hasty {
					name += "-hasty"
				}
				payload, failure, log := called(t, s, name, step.event)
				if step.kind != "" {
					require.Equal(t, "Unhandled", failure, "%s: %s", step.name, payload)
					require.Contains(t, payload, step.kind, step.name)
					require.Contains(t, payload, step.contains, step.name)
					continue
				}
				require.Empty(t, failure, "%s: %s\n%s", step.name, payload, log)
				require.Regexp(t, step.payload, payload, step.name)
				if step.name == "an answer" {
					require.Contains(t, log, "echo hello\nEND RequestId: ", "the log is complete when the answer is there")
				}
			}
		})
	}
}

// TestHandlersReadStreams has a mapping call each handler, with a poison record that is reported and given up.
func TestHandlersReadStreams(t *testing.T) {
	t.Parallel()
	s := Start(t, "--memory", "--allow-exec", "--transition", "0")
	for _, kind := range []string{"go", "python", "node"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			command := []string{handlerScript(t, kind), "handler.handle"}
			define(t, s, kind, map[string]any{"command": command})
			streams, ctx := s.SDK(), t.Context()
			_, err := streams.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: &kind, ShardCount: aws.Int32(1)})
			require.NoError(t, err)
			put := func(texts ...string) {
				in := kinesis.PutRecordsInput{StreamName: &kind}
				for _, data := range texts {
					in.Records = append(in.Records, kinesistypes.PutRecordsRequestEntry{PartitionKey: aws.String("k"), Data: []byte(data)})
				}
				_, err = streams.PutRecords(ctx, &in)
				require.NoError(t, err)
			}
			put("one", "two", "poison")
			_, err = s.Lambda().CreateEventSourceMapping(ctx, &lambda.CreateEventSourceMappingInput{FunctionName: &kind,
				EventSourceArn: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/" + kind), StartingPosition: types.EventSourcePositionTrimHorizon,
				FunctionResponseTypes: []types.FunctionResponseType{types.FunctionResponseTypeReportBatchItemFailures}, MaximumRetryAttempts: aws.Int32(0)})
			require.NoError(t, err)
			s.eventually(t, func() bool { return strings.Contains(told(t, s, "failures"), ":function:"+kind) }, 20*time.Millisecond, "the poison is given up: %s", lazily(func() any { return logOf(t, s, kind) }))
			put("three")
			s.eventually(t, func() bool { return strings.Contains(logOf(t, s, kind), "record three") }, 20*time.Millisecond, "the next record is handled: %s", lazily(func() any { return logOf(t, s, kind) }))
			log := logOf(t, s, kind)
			require.Contains(t, log, "record one")
			require.NotContains(t, log, "record poison")
		})
	}
}

func logOf(t *testing.T, s *Server, name string) string {
	t.Helper()
	return told(t, s, "functions/"+name+"/logs")
}

// told is what a path of the admin API tells.
func told(t *testing.T, s *Server, path string) string {
	t.Helper()
	r, err := http.Get(s.URL + "/_sluice/" + path)
	require.NoError(t, err)
	defer func() { _ = r.Body.Close() }()
	raw, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(raw)
}

// TestHandlerFindsSluice lets a handler put a record with a client that was told nothing.
func TestHandlerFindsSluice(t *testing.T) {
	t.Parallel()
	s := Start(t, "--memory", "--allow-exec", "--transition", "0")
	define(t, s, "putter", map[string]any{"command": []string{handlerScript(t, "go")}})
	_, err := s.SDK().CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("orders"), ShardCount: aws.Int32(1)})
	require.NoError(t, err)
	payload, failure, log := called(t, s, "putter", `{"do":"put","value":"from inside"}`)
	require.Empty(t, failure, payload+log)
	found, err := s.SDK().GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{StreamName: aws.String("orders"),
		ShardId: aws.String("shardId-000000000000"), ShardIteratorType: kinesistypes.ShardIteratorTypeTrimHorizon})
	require.NoError(t, err)
	got, err := s.SDK().GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: found.ShardIterator})
	require.NoError(t, err)
	require.Equal(t, "from inside", string(got.Records[0].Data))
}

// TestHandlerAsZip creates a function as tools do: a zip with a bootstrap. Its processes do not outlive the server,
// not even one that is killed.
func TestHandlerAsZip(t *testing.T) {
	t.Parallel()
	script := handlerScript(t, "go")
	binary, err := os.ReadFile(filepath.Join(filepath.Dir(script), "bootstrap"))
	require.NoError(t, err)
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	w, err := z.Create("bootstrap")
	require.NoError(t, err)
	_, err = w.Write(binary)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	folder := filepath.Join(t.TempDir(), "data")
	s := Start(t, "--allow-exec", "--transition", "0", "--data", folder)
	_, err = s.Lambda().CreateFunction(t.Context(), &lambda.CreateFunctionInput{FunctionName: aws.String("zipped"), Role: aws.String("arn:aws:iam::000000000000:role/r"),
		Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"), Code: &types.FunctionCode{ZipFile: file.Bytes()}})
	require.NoError(t, err)
	payload, failure, log := called(t, s, "zipped", `{"value":"hello"}`)
	require.Empty(t, failure, payload+log)
	require.Equal(t, `"hello"`, payload)
	require.NotEmpty(t, running(t, folder))
	s.Kill()
	s.eventually(t, func() bool { return len(running(t, folder)) == 0 }, 10*time.Millisecond, "the system has ended its processes: %v", lazily(func() any { return running(t, folder) }))
	s.Restart()
	payload, failure, _ = called(t, s, "zipped", `{"value":"again"}`)
	require.Empty(t, failure)
	require.Equal(t, `"again"`, payload, "the function is kept with the data")
}

// running lists the processes whose working directory lies in a folder, which is where code runs. It is for Linux.
func running(t *testing.T, folder string) (pids []string) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	require.NoError(t, err)
	for _, link := range links {
		if at, err := os.Readlink(link); err == nil && strings.HasPrefix(at, folder) {
			pids = append(pids, link)
		}
	}
	return pids
}

// TestStopWhileFunctionsRun stops the server while a function hangs: it ends in time, and its processes with it.
func TestStopWhileFunctionsRun(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := Start(t, "--memory", "--allow-exec")
	define(t, s, "hangs", map[string]any{"command": []string{handlerScript(t, "go")}, "timeout": "60s", "dir": folder})
	for _, kind := range []types.InvocationType{types.InvocationTypeEvent, types.InvocationTypeRequestResponse} {
		go func() {
			_, _ = s.Lambda().Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("hangs"), Payload: []byte(`{"do":"hang"}`), InvocationType: kind})
		}()
	}
	s.eventually(t, func() bool { return strings.Count(logOf(t, s, "hangs"), `"hanging"`) == 2 }, 10*time.Millisecond, "two calls hang: %s", lazily(func() any { return logOf(t, s, "hangs") }))
	require.NotEmpty(t, running(t, folder))
	stopsInTime(t, s)
	require.Empty(t, running(t, folder))
}

// TestEventsOverKills kills the server right after it has taken asynchronous invocations of a function that the admin
// API has defined. Both are there after the restart: every event is handled, those under way perhaps twice.
func TestEventsOverKills(t *testing.T) {
	t.Parallel()
	s := Start(t, "--allow-exec", "--transition", "0")
	define(t, s, "putter", map[string]any{"command": []string{handlerScript(t, "go")}})
	_, err := s.SDK().CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("orders"), ShardCount: aws.Int32(1)})
	require.NoError(t, err)
	const events = 60
	for i := range events {
		out, err := s.Lambda().Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("putter"), InvocationType: types.InvocationTypeEvent,
			Payload: fmt.Appendf(nil, `{"do":"put","value":"event %d"}`, i)})
		require.NoError(t, err)
		require.EqualValues(t, 202, out.StatusCode)
		if i%20 == 19 {
			s.Kill()
			s.Restart()
		}
	}
	var seen map[string]int
	s.eventually(t, func() bool { seen = readAll(t.Context(), t, s.SDK(), "orders"); return len(seen) == events }, 50*time.Millisecond, "all of %d events are handled: %v: %s", events, lazily(func() any { return len(seen) }), lazily(func() any { return logOf(t, s, "putter") }))
	again := -events
	for _, n := range seen {
		again += n
	}
	t.Logf("%d events, %d of them again", events, again)
}
