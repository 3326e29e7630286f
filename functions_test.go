package sluice

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"

	"sluice/lambda/function"
)

type order struct{ Total int }

func TestHandlerForms(t *testing.T) {
	for form, f := range map[string]any{
		"bytes": func(_ context.Context, event []byte) ([]byte, error) { return []byte(`{"total":13}`), nil },
		"event and result": func(_ context.Context, o order) (map[string]int, error) {
			return map[string]int{"total": o.Total + 1}, nil
		},
		"pointers":                 func(_ context.Context, o *order) (*struct{ total int }, error) { return nil, nil },
		"without a context":        func(o order) (map[string]int, error) { return map[string]int{"total": o.Total + 1}, nil },
		"without a result":         func(context.Context, order) error { return nil },
		"without an event":         func(context.Context) error { return nil },
		"with nothing but failure": func() error { return nil },
		"with nothing":             func() {},
	} {
		t.Run(form, func(t *testing.T) {
			h, err := handlerOf(f)
			require.NoError(t, err)
			got, err := h(t.Context(), []byte(`{"total":12}`))
			require.NoError(t, err)
			switch form {
			case "bytes", "event and result", "without a context":
				require.JSONEq(t, `{"total":13}`, string(got))
			case "pointers":
				require.Equal(t, "null", string(got))
			default:
				require.Empty(t, got)
			}
		})
	}
	for _, f := range []any{nil, 7, func(int, int) {}, func(context.Context, int, int) {}, func(...int) {}, func() int { return 1 }, func() (int, int, error) { return 1, 2, nil }} {
		_, err := handlerOf(f)
		require.Error(t, err, fmt.Sprintf("%T", f))
	}
	h, err := handlerOf(func(order) error { return errors.New("sour") })
	require.NoError(t, err)
	_, err = h(t.Context(), []byte(`{}`))
	require.EqualError(t, err, "sour")
	_, err = h(t.Context(), []byte(`7`))
	require.ErrorContains(t, err, "the event is not what the function takes")
}

// signature is what clients send, as far as the server looks at it by default.
const signature = "AWS4-HMAC-SHA256 Credential=000000000000/20260105/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=00"

// call calls the Lambda API and returns the answer with its error header.
func call(t *testing.T, s *Sluice, method, path, payload string) (body, failure string) {
	t.Helper()
	req, err := http.NewRequest(method, s.Endpoint()+"/2015-03-31/"+path, strings.NewReader(payload))
	require.NoError(t, err)
	req.Header.Set("Authorization", signature)
	req.Header.Set("X-Amz-Date", "20260105T101112Z")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(raw), resp.Header.Get("X-Amz-Function-Error")
}

func post(t *testing.T, s *Sluice, name, payload string) (body, failure string) {
	t.Helper()
	return call(t, s, http.MethodPost, "functions/"+name+"/invocations", payload)
}

func TestRegisterFunction(t *testing.T) {
	s := RunT(t)
	require.NoError(t, s.RegisterFunction("twice", func(o order) (order, error) { return order{o.Total * 2}, nil }))
	body, failure := post(t, s, "twice", `{"total":21}`)
	require.JSONEq(t, `{"Total":42}`, body)
	require.Empty(t, failure)
	body, failure = post(t, s, "twice", `"x"`)
	require.Contains(t, body, "the event is not what the function takes")
	require.Equal(t, function.Unhandled, failure)
	require.Error(t, s.RegisterFunction("twice", 7))
	require.Error(t, s.RegisterFunction("no name", func() {}))
	require.NoError(t, s.Replace(t.Context()))
	body, _ = post(t, s, "twice", `{"total":1}`)
	require.JSONEq(t, `{"Total":2}`, body, "it outlives what is stored")
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.RegisterFunction("twice", func() {}), ErrClosed)
}

// admin calls a path of the admin API and returns status and body.
func admin(t *testing.T, s *Sluice, method, path, body string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, s.Endpoint()+path, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(raw)
}

func TestAdminFunctions(t *testing.T) {
	s := RunT(t)
	const path = "/_sluice/functions/web"
	status, body := admin(t, s, http.MethodPut, path, `{"http":{"url":"http://127.0.0.1:9/x"},"timeout":"5s"}`)
	require.Equal(t, 200, status, body)
	require.JSONEq(t, `{"name":"web","region":"us-east-1","account":"000000000000","timeout":"5s","memory":128,
		"http":{"url":"http://127.0.0.1:9/x","concurrency":1}}`, body)
	status, again := admin(t, s, http.MethodGet, path, "")
	require.Equal(t, 200, status)
	require.Equal(t, body, again)
	status, _ = admin(t, s, http.MethodPut, path, body)
	require.Equal(t, 200, status, "what GET shows, PUT takes")
	_, list := admin(t, s, http.MethodGet, "/_sluice/functions", "")
	require.Contains(t, list, `{"items":[{"name":"web"`)
	_, list = admin(t, s, http.MethodGet, "/_sluice/functions?region=eu-west-1", "")
	require.JSONEq(t, `{"items":[],"next":null}`, list)
	status, logs := admin(t, s, http.MethodGet, path+"/logs?wait=1ms&limit=5&after=3", "")
	require.Equal(t, 200, status)
	require.JSONEq(t, `{"items":[]}`, logs)
	status, _ = admin(t, s, http.MethodDelete, path, "")
	require.Equal(t, 200, status)
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		status, body = admin(t, s, method, path, "")
		require.Equal(t, 404, status)
		require.Contains(t, body, "there is no function web")
	}
}

// What could start a process is refused by more than one lock.
func TestAdminFunctionsAreGuarded(t *testing.T) {
	s := RunT(t)
	const path, process = "/_sluice/functions/evil", `{"exec":{"command":["true"]}}`
	for name, c := range map[string]struct {
		status int
		want   string
		header []string
	}{
		"without --allow-exec":  {403, "start Sluice with --allow-exec", nil},
		"by another name":       {403, "UnknownHost", []string{"Host", "evil.example"}},
		"by a foreign page":     {403, "ForeignOrigin", []string{"Origin", "http://evil.example"}},
		"by a local page":       {403, "web pages may not change functions", []string{"Origin", "http://localhost:3000"}},
		"by a page in disguise": {403, "web pages may not change functions", []string{"Sec-Fetch-Site", "same-origin"}},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := admin(t, s, http.MethodPut, path, process, c.header...)
			require.Equal(t, c.status, status, body)
			require.Contains(t, body, c.want)
		})
	}
	for body, want := range map[string]string{
		`{`:          "unexpected EOF",
		`{"exe":{}}`: "unknown field",
		`{"name":"other","http":{"url":"http://x"}}`:   "are those of the path",
		`{"http":{"url":"x"}}`:                         "is not a URL",
		`{"http":{"url":"http://x"},"timeout":"soon"}`: "soon",
		`{"http":{"url":"http://x"},"timeout":"-1s"}`:  "-1s",
		`{"go":true}`: "can be seen here and not set",
		`{"exec":{"command":["x"],"env":{"A":"1"}},"env":{"B":"2"}}`: "not to both",
		`{"http":{"url":"http://x"}} {}`:                             "after the JSON object",
		`{"http":{"url":"http://x"},"region":"eu-west-1"}`:           "are those of the path",
	} {
		status, got := admin(t, s, http.MethodPut, path, body)
		require.Equal(t, 400, status, body)
		require.Contains(t, got, want, body)
	}
	status, _ := admin(t, s, http.MethodPut, "/_sluice/functions/a.b", `{"http":{"url":"http://x"}}`)
	require.Equal(t, 400, status)
}

func TestFunctionsFromFile(t *testing.T) {
	path := writeFile(t, "s.yaml", `
version: 1
server: {allow-exec: true}
functions:
  - name: ingest
    http: {url: "http://127.0.0.1:9000/2015-03-31/functions/function/invocations"}
  - name: enrich
    exec: {command: ["./bootstrap"], dir: ./build/enrich, env: {LEVEL: debug}, concurrency: 2, timeout: 30s}
  - name: legacy
    endpoint: {url: "http://127.0.0.1:3001", function: LegacyFn}
mappings:
  - {function: ingest, stream: orders, startingPosition: TRIM_HORIZON, batchSize: 500, maximumRetryAttempts: 2}
  - function: enrich
    stream: orders
    enabled: false
    functionResponseTypes: [ReportBatchItemFailures]
    filters: ['{"data":{"state":["A"]}}']
runtimes:
  python3.12: [python3, -m, awslambdaric]
`)
	c, err := LoadConfig(Sources{File: path})
	require.NoError(t, err)
	require.Len(t, c.Functions, 3)
	require.Equal(t, &FunctionExec{Command: []string{"./bootstrap"}, Dir: "./build/enrich", Concurrency: 2}, c.Functions[1].Exec)
	require.Equal(t, 30*time.Second, c.Functions[1].Timeout)
	require.Equal(t, map[string]string{"LEVEL": "debug"}, c.Functions[1].Env)
	require.EqualValues(t, 500, *c.Mappings[0].BatchSize)
	require.False(t, *c.Mappings[1].Enabled)
	require.Equal(t, []string{"python3", "-m", "awslambdaric"}, c.Runtimes["python3.12"])
	require.NoError(t, compiled(t).Validate(asJSON(t, readFile(t, path))))
}

func TestFunctionsFromFileRefused(t *testing.T) {
	for text, want := range map[string]string{
		"functions: {}":          "functions takes a list",
		"functions:\n  - nam: x": `s.yaml:3: unknown key "nam"; is it name?`,
		"functions:\n  - {name: x, exec: {comand: [y]}}":                        `s.yaml:3: unknown key "comand"; is it command?`,
		"functions:\n  - {name: x}":                                             "a function has one target",
		"functions:\n  - {name: x, exec: {command: y}}":                         "x starts a process, which needs --allow-exec",
		"functions:\n  - {name: x, http: {url: 'http://y', concurrency: many}}": `concurrency: "many" is not a number`,
		"mappings:\n  - {function: x}":                                          "a mapping needs a stream",
		"mappings:\n  - {function: x, stream: y, startingPosition: NOW}":        "is not one of TRIM_HORIZON, LATEST",
		"mappings:\n  - {function: x, stream: y, filters: ['{']}":               "is not JSON",
		"mappings:\n  - {function: x, stream: y, enabled: perhaps}":             "enabled",
		"runtimes: {python3.12: []}":                                            "takes a command",
	} {
		_, err := LoadConfig(Sources{File: writeFile(t, "s.yaml", "version: 1\n"+text+"\n")})
		require.ErrorContains(t, err, want, text)
	}
}

func TestSeededMapping(t *testing.T) {
	got := make(chan string, 10)
	seed := MappingSeed{Function: "ingest", Stream: "orders", BatchSize: aws.Int32(5)}
	configure := func(c *Config) {
		c.Streams = []StreamSeed{{Name: "orders", Shards: 1}}
		c.Functions = []Function{{Key: functionKey("ingest"), Go: func(_ context.Context, event []byte) ([]byte, error) {
			got <- string(event)
			return nil, nil
		}}}
		c.Mappings = []MappingSeed{seed}
	}
	s := RunT(t, configure)
	_, err := kinesis.NewFromConfig(s.AWSConfig()).PutRecord(t.Context(), &kinesis.PutRecordInput{
		StreamName: aws.String("orders"), PartitionKey: aws.String("k"), Data: []byte("12")})
	require.NoError(t, err)
	require.Contains(t, <-got, `"data":"MTI="`)
	c := s.config
	seed.BatchSize, c.Mappings = aws.Int32(6), []MappingSeed{seed}
	c.Mappings[0].BatchSize = aws.Int32(6)
	out, err := s.Reload(t.Context(), c)
	require.NoError(t, err)
	require.Contains(t, out.Applied, "mappings")
	list, _ := call(t, s, http.MethodGet, "event-source-mappings", "")
	require.Equal(t, 1, strings.Count(list, `"UUID"`), list)
	require.Eventually(t, func() bool {
		list, _ := call(t, s, http.MethodGet, "event-source-mappings", "")
		return strings.Contains(list, `"BatchSize":6`)
	}, time.Minute, 10*time.Millisecond)
}

func TestReloadReplacesFunctions(t *testing.T) {
	s := RunT(t, func(c *Config) {
		c.Functions = []Function{{Key: functionKey("old"), HTTP: &FunctionHTTP{URL: "http://127.0.0.1:9/"}}}
	})
	require.NoError(t, s.RegisterFunction("mine", func() {}))
	c := s.config
	c.Functions = []Function{{Key: functionKey("new"), HTTP: &FunctionHTTP{URL: "http://127.0.0.1:9/"}}}
	out, err := s.Reload(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, []string{"functions"}, out.Applied)
	_, list := admin(t, s, http.MethodGet, "/_sluice/functions", "")
	require.NotContains(t, list, `"old"`)
	require.Contains(t, list, `"new"`)
	require.Contains(t, list, `"mine"`)
	c.Functions, c.AllowExec = []Function{{Key: functionKey("x"), Exec: &FunctionExec{Command: []string{"true"}}}}, true
	_, err = s.Reload(t.Context(), c)
	require.ErrorContains(t, err, "not allowed", "permission is given at the start alone")
}

func functionKey(name string) (f struct{ Account, Region, Name, Version string }) {
	f.Name = name
	return f
}

func TestCodeFolder(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), Config{Data: dir, Listen: []string{"127.0.0.1:0"}, AllowExec: true})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	require.Equal(t, filepath.Join(dir, "functions"), s.codeFolder())
	_, err = os.Stat(s.codeFolder())
	require.ErrorIs(t, err, os.ErrNotExist, "it is made when it is needed")
}

// Where functions may be processes, their API is not reached by a name that
// somebody else may have pointed here.
func TestFunctionsAreNotReachedByOtherNames(t *testing.T) {
	for allowed, want := range map[bool]int{true: 403, false: 200} {
		s := RunT(t, func(c *Config) { c.AllowExec = allowed })
		require.NoError(t, s.RegisterFunction("f", func() {}))
		for host, status := range map[string]int{"evil.example": want, "localhost:4566": 200} {
			got, body := admin(t, s, http.MethodPost, "/2015-03-31/functions/f/invocations", "{}", "Host", host, "Authorization", signature, "X-Amz-Date", "20260105T101112Z")
			require.Equal(t, status, got, "%v %s: %s", allowed, host, body)
		}
	}
}

// A page that --cors-origins lets in may invoke a function, and may not say
// what it runs: neither by Lambda's operations nor by a snapshot that holds one.
func TestPagesMayNotBringCode(t *testing.T) {
	s := RunT(t, func(c *Config) { c.AllowExec, c.CORSOrigins = true, []string{"http://localhost:3000"} })
	const functions = "/2015-03-31/functions"
	signed := []string{"Authorization", signature, "X-Amz-Date", "20260105T101112Z"}
	for _, page := range [][]string{{"Origin", "http://localhost:3000"}, {"Origin", s.Endpoint()}, {"Sec-Fetch-Site", "same-origin"}} {
		for call, want := range map[string]string{
			"POST " + functions:                     "Web pages may not say what a process runs",
			"PUT " + functions + "/f/code":          "Web pages may not say what a process runs",
			"PUT " + functions + "/f/configuration": "Web pages may not say what a process runs",
			"PUT /_sluice/snapshots/mine/import":    "web pages may not import snapshots",
			"PUT /_sluice/functions/f":              "web pages may not change functions",
			"POST " + functions + "/f/invocations":  "Function not found",
			"GET " + functions + "/f":               "Function not found",
		} {
			method, path, _ := strings.Cut(call, " ")
			status, body := admin(t, s, method, path, `{}`, append(signed, page...)...)
			if want != "Function not found" {
				require.Equal(t, 403, status, call)
			}
			require.Contains(t, body, want, call)
		}
	}
	status, body := admin(t, s, "POST", functions, `{}`, signed...)
	require.Equal(t, 400, status, body)
}
