package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"

	"sluice/internal/clock"
)

// get reads a document of the admin API.
func get(t *testing.T, s *Server, path string) map[string]any {
	t.Helper()
	a := ask(t, s, "GET", path, "")
	require.Equal(t, 200, a.status, a.body)
	require.Equal(t, "application/json", a.header.Get("Content-Type"))
	return parse(t, a.body)
}

func parse(t *testing.T, body string) (doc map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(body), &doc), body)
	return doc
}

// requireProblem checks the shape of an error and that it tells what to do.
func requireProblem(t *testing.T, a answer, status int, code string) {
	t.Helper()
	require.Equal(t, status, a.status, a.body)
	doc := parse(t, a.body)
	require.Len(t, doc, 1)
	problem := doc["error"].(map[string]any)
	require.Equal(t, code, problem["code"])
	require.NotEmpty(t, problem["message"])
	require.Contains(t, problem, "hint")
}

func TestHealth(t *testing.T) {
	var reasons []string
	s := open(t, &streamsRoom{}, func(c *Config) {
		c.Version = "v1"
		c.Admin = AdminHooks{Disabled: []string{"firehose"}, Store: func() StoreHealth {
			return StoreHealth{Kind: "pebble", Durability: "disk", Format: 3, Reasons: reasons}
		}}
	})
	doc := get(t, s, "/_sluice/health")
	started, err := time.Parse(time.RFC3339Nano, doc["started"].(string))
	require.NoError(t, err)
	require.Equal(t, s.started.UTC(), started)
	delete(doc, "started")
	require.Equal(t, map[string]any{"status": "ok", "version": "v1", "listen": []any{s.url()}, "reasons": []any{},
		"services": map[string]any{"kinesis": "running", "firehose": "disabled"},
		"store":    map[string]any{"kind": "pebble", "durability": "disk", "format": 3.0}}, doc)
	require.Equal(t, map[string]any{"edition": "community", "version": "v1",
		"services": map[string]any{"kinesis": "running", "firehose": "disabled"}}, get(t, s, "/_localstack/health"))

	reasons = []string{"disk is full"}
	a := ask(t, s, "GET", "/_sluice/health", "")
	require.Equal(t, 503, a.status)
	require.Equal(t, "degraded", parse(t, a.body)["status"])
	require.Equal(t, []any{"disk is full"}, parse(t, a.body)["reasons"])
}

func TestClockDocuments(t *testing.T) {
	start := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	service := clock.NewManual(start)
	t.Cleanup(service.Close)
	s := open(t, &streamsRoom{}, func(c *Config) { c.Service = service })
	post := func(body string) answer { return ask(t, s, "POST", "/_sluice/clock", body) }

	doc := get(t, s, "/_sluice/clock")
	require.Equal(t, "2026-11-25T10:00:00Z", doc["now"])
	require.Equal(t, "frozen", doc["mode"])
	require.Nil(t, doc["next"])
	_, err := time.ParseDuration(doc["offset"].(string))
	require.NoError(t, err)
	require.Len(t, doc, 4)

	fired := 0
	service.At(start.Add(time.Hour), func() { fired++ })
	require.Equal(t, "2026-11-25T11:00:00Z", get(t, s, "/_sluice/clock")["next"])
	a := post(`{"advance":"next"}`)
	require.Equal(t, 200, a.status, a.body)
	doc = parse(t, a.body)
	require.Equal(t, 1, fired)
	require.Equal(t, 1.0, doc["fired"])
	require.Equal(t, true, doc["settled"])
	require.Equal(t, []any{}, doc["waitingOn"])
	require.Equal(t, "2026-11-25T11:00:00Z", doc["now"])
	require.Len(t, doc, 7)

	release := service.Hold("a delivery")
	doc = parse(t, post(`{"advance":"25h","wait":"1ms"}`).body)
	require.Equal(t, false, doc["settled"])
	require.Equal(t, []any{"a delivery"}, doc["waitingOn"])
	release()
	require.Equal(t, "2027-01-01T00:00:00Z", parse(t, post(`{"set":"2027-01-01T00:00:00Z"}`).body)["now"])
	require.Equal(t, "running", parse(t, post(`{"resume":true}`).body)["mode"])
	require.Equal(t, "frozen", parse(t, post(`{"freeze":true}`).body)["mode"])

	for name, body := range map[string]string{
		"nothing": `{}`, "two": `{"freeze":true,"advance":"1h"}`, "false": `{"freeze":false}`, "past": `{"set":"2026-01-01T00:00:00Z"}`,
		"back": `{"advance":"-1h"}`, "far": `{"set":"2900-01-01T00:00:00Z"}`, "no duration": `{"advance":"1 day"}`, "no time": `{"set":"noon"}`,
		"bad wait": `{"advance":"1h","wait":"x"}`, "unknown": `{"advance":"1h","why":1}`, "no object": `[]`, "two objects": `{"advance":"1h"}{}`, "empty": ``,
	} {
		t.Run(name, func(t *testing.T) {
			requireProblem(t, post(body), 400, "BadRequest")
		})
	}
	requireProblem(t, ask(t, s, "DELETE", "/_sluice/clock", ""), 405, "MethodNotAllowed")
}

func TestWhatThisVersionDoesNotHave(t *testing.T) {
	s := open(t, &streamsRoom{})
	for _, path := range []string{"/snapshots/a", "/snapshots/a/restore", "/reset",
		"/functions/f", "/mappings/u", "/failures", "/firehose/s/flush"} {
		requireProblem(t, ask(t, s, "POST", "/_sluice"+path, "{}"), 400, "NotAvailable")
	}
	requireProblem(t, ask(t, s, "GET", "/_sluice/nothing", ""), 404, "NotFound")
}

func TestReload(t *testing.T) {
	requireProblem(t, ask(t, open(t, &streamsRoom{}), "POST", "/_sluice/reload", ""), 400, "NothingToReload")
	var err error
	s := open(t, &streamsRoom{}, func(c *Config) {
		c.Admin.Reload = func(context.Context) (Reloaded, error) { return Reloaded{Applied: []string{"log-level"}}, err }
	})
	a := ask(t, s, "POST", "/_sluice/reload", "{}")
	require.Equal(t, 200, a.status)
	require.JSONEq(t, `{"applied":["log-level"],"needsRestart":[]}`, a.body)
	err = errors.New("line 3: unknown key")
	requireProblem(t, ask(t, s, "POST", "/_sluice/reload", ""), 400, "BadSettings")
	requireProblem(t, ask(t, s, "POST", "/_sluice/reload", `{"x":1}`), 400, "BadRequest")
}

func TestWhoMayAdminister(t *testing.T) {
	s := open(t, &streamsRoom{}, func(c *Config) { c.HostNames = []string{"sluice.test"} })
	for host, allowed := range map[string]bool{"localhost:1": true, "x.localhost": true, "127.0.0.1": true, "[::1]:4566": true,
		"sluice.test:4566": true, "SLUICE.test": true, "evil.example.com": false, "10.0.0.1": false} {
		a := ask(t, s, "GET", "/_sluice/clock", "", "Host", host)
		if allowed {
			require.Equal(t, 200, a.status, host)
			continue
		}
		requireProblem(t, a, 403, "UnknownHost")
	}
	requireProblem(t, ask(t, s, "GET", "/_sluice/clock", "", "Origin", "https://evil.example.com"), 403, "ForeignOrigin")
	requireProblem(t, ask(t, s, "GET", "/_sluice/clock", "", "Sec-Fetch-Site", "cross-site"), 403, "ForeignOrigin")
	a := ask(t, s, "GET", "/_sluice/clock", "", "Origin", "http://localhost:3000")
	require.Equal(t, "http://localhost:3000", a.header.Get("Access-Control-Allow-Origin"))
	a = ask(t, s, "OPTIONS", "/_sluice/clock", "", "Origin", "http://localhost:3000")
	require.Equal(t, 200, a.status)
	require.Contains(t, a.header.Get("Access-Control-Allow-Methods"), "POST")
}

func TestAdminToken(t *testing.T) {
	s := open(t, &streamsRoom{}, func(c *Config) { c.AdminToken = "secret" })
	requireProblem(t, ask(t, s, "GET", "/_sluice/clock", ""), 401, "TokenRequired")
	requireProblem(t, ask(t, s, "GET", "/_sluice/clock", "", "Authorization", "Bearer secre"), 401, "TokenRequired")
	requireProblem(t, ask(t, s, "GET", "/metrics", ""), 401, "TokenRequired")
	require.Equal(t, 200, ask(t, s, "GET", "/_sluice/clock", "", "Authorization", "Bearer secret").status)
	require.Equal(t, 200, ask(t, s, "GET", "/_sluice/health", "").status)
	require.Equal(t, 200, ask(t, s, "GET", "/_localstack/health", "").status)
}

func TestAdminOnItsOwnListener(t *testing.T) {
	s := open(t, &streamsRoom{}, func(c *Config) { c.AdminListen = "127.0.0.1:0" })
	back := s.AdminAddresses()[0]
	require.NotEqual(t, s.url(), back)
	a, err := tryAsk(t.Context(), http.DefaultClient, back, "GET", "/_sluice/clock", nil)
	require.NoError(t, err)
	require.Equal(t, 200, a.status)
	a, err = tryAsk(t.Context(), http.DefaultClient, back, "POST", "/", strings.NewReader("{}"), "X-Amz-Target", listTarget)
	require.NoError(t, err)
	requireProblem(t, a, 404, "NotFound")
	require.Equal(t, 404, ask(t, s, "GET", "/_sluice/clock", "").status)
	require.Equal(t, 200, ask(t, s, "GET", "/_localstack/health", "").status)
	require.Equal(t, 200, callJSON(t, s, "ListStreams", "{}").status)
}

func TestOpsAndCA(t *testing.T) {
	s := open(t, &streamsRoom{})
	doc := get(t, s, "/_sluice/ops")
	require.Nil(t, doc["next"])
	require.Len(t, doc["items"], len(s.gate.current.Load().Operations()))
	a := ask(t, s, "GET", "/_sluice/ca.pem", "")
	require.Equal(t, string(s.ca.pem), a.body)
}

func TestEveryCallIsRemembered(t *testing.T) {
	var lines buffer
	s := open(t, &streamsRoom{}, func(c *Config) {
		c.LogRequests = true
		c.Logger = slog.New(slog.NewJSONHandler(&lines, nil))
	})
	callJSON(t, s, "PutRecord", `{"StreamName":"a-stream","PartitionKey":"k","Data":"c2VjcmV0"}`)
	callJSON(t, s, "ListStreams", `{"Limit":"x"}`)
	ask(t, s, "GET", "/", "")
	callJSON(t, s, "MadeUp", "{}")

	items := get(t, s, "/_sluice/requests")["items"].([]any)
	require.Len(t, items, 4)
	first := items[3].(map[string]any)
	for _, name := range []string{"at", "id", "duration", "bytesOut"} {
		require.NotEmpty(t, first[name], name)
		delete(first, name)
	}
	require.Equal(t, map[string]any{"service": "kinesis", "operation": "PutRecord", "account": "123456789012", "region": "eu-west-3",
		"resource": "a-stream", "status": 200.0, "error": "", "bytesIn": 62.0}, first)
	require.Equal(t, "SerializationException", items[2].(map[string]any)["error"])
	require.Equal(t, "AccessDeniedException", items[1].(map[string]any)["error"])
	require.Equal(t, "UnknownOperationException", items[0].(map[string]any)["error"])
	require.Equal(t, "Kinesis_20131202.MadeUp", items[0].(map[string]any)["resource"], "what nothing here answers is named")
	require.Equal(t, "GET /", items[1].(map[string]any)["resource"])
	require.Len(t, get(t, s, "/_sluice/requests?limit=2")["items"], 2)
	requireProblem(t, ask(t, s, "GET", "/_sluice/requests?limit=x", ""), 400, "BadRequest")

	require.Equal(t, 4, strings.Count(lines.String(), `"msg":"request"`))
	require.Contains(t, lines.String(), `"operation":"PutRecord"`)
	for _, secret := range []string{"c2VjcmV0", "Signature=", "20261125T"} {
		require.NotContains(t, lines.String(), secret)
	}

	text := ask(t, s, "GET", "/metrics", "").body
	for _, want := range []string{
		`sluice_requests_total{service="kinesis",operation="PutRecord",code="OK"} 1`,
		`sluice_requests_total{service="kinesis",operation="ListStreams",code="SerializationException"} 1`,
		`sluice_requests_total{service="kinesis",operation="",code="UnknownOperationException"} 1`,
		`sluice_request_duration_seconds_count{service="kinesis",operation="PutRecord"} 1`,
		`sluice_request_bytes_total{service="kinesis",operation="PutRecord"} 62`,
		"# TYPE sluice_connections gauge", "sluice_requests_in_flight 0",
	} {
		require.Contains(t, text, want+"\n")
	}
	require.Equal(t, text[:30], ask(t, s, "GET", "/_sluice/metrics", "").body[:30])
	require.Equal(t, 403, ask(t, s, "GET", "/metrics", "", "Authorization", signed).status, "a signed call is the service's")
}

func TestRingIsBounded(t *testing.T) {
	o := newObserver(slog.New(slog.DiscardHandler), false)
	for i := range ringSize + 10 {
		o.record(&event{ID: fmt.Sprint(i)})
	}
	list := o.recent(ringSize * 2)
	require.Len(t, list, ringSize)
	require.Equal(t, fmt.Sprint(ringSize+9), list[0].ID)
	require.Equal(t, "10", list[ringSize-1].ID)
}

func TestFailuresAreLoggedWithTheirRequest(t *testing.T) {
	var lines buffer
	room := &streamsRoom{list: func(context.Context) (*kinesis.ListStreamsOutput, error) { return nil, errBoom }}
	s := open(t, room, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&lines, nil)) })
	a := callJSON(t, s, "ListStreams", "{}")
	require.Contains(t, lines.String(), "error=boom")
	require.Contains(t, lines.String(), a.header.Get("x-amzn-RequestId"))
	room.list = func(context.Context) (*kinesis.ListStreamsOutput, error) { panic("crash") }
	a = callJSON(t, s, "ListStreams", "{}")
	require.Contains(t, lines.String(), "panic=crash")
	require.Contains(t, lines.String(), "streamsRoom).ListStreams")
	require.Contains(t, lines.String(), a.header.Get("x-amzn-RequestId"))
}

// buffer is a bytes.Buffer for several goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

var _ io.Writer = (*buffer)(nil)
