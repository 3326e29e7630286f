package sluice

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"sluice/internal/caller"
	"sluice/lambda/runtime"
	"sluice/server"
)

// Function and its targets are the functions of the settings; see
// docs/functions.md. Account and region default to the server's.
type (
	// Function says what a function is and where it runs.
	Function = runtime.Definition
	// FunctionHTTP is an address that takes events by POST.
	FunctionHTTP = runtime.HTTP
	// FunctionEndpoint is another Lambda API.
	FunctionEndpoint = runtime.Endpoint
	// FunctionExec is a program that speaks the Lambda Runtime API.
	FunctionExec = runtime.Exec
)

// functionEntry is a function as the settings file and the admin API have it.
type functionEntry struct {
	Name     string            `json:"name"`
	Region   string            `json:"region,omitempty"`
	Account  string            `json:"account,omitempty"`
	Handler  string            `json:"handler,omitempty"`
	Timeout  string            `json:"timeout,omitempty"`
	MemoryMB int               `json:"memory,omitempty"`
	Reserved *int              `json:"reservedConcurrency,omitempty"`
	Env      map[string]string `json:"env,omitempty"`
	HTTP     *httpEntry        `json:"http,omitempty"`
	Endpoint *endpointEntry    `json:"endpoint,omitempty"`
	Exec     *execEntry        `json:"exec,omitempty"`
	// Code and Go are shown and cannot be set.
	Code *codeEntry `json:"code,omitempty"`
	Go   bool       `json:"go,omitempty"`
}

type httpEntry struct {
	URL         string `json:"url"`
	Concurrency int    `json:"concurrency,omitempty"`
}

type endpointEntry struct {
	URL         string `json:"url"`
	Function    string `json:"function,omitempty"`
	Concurrency int    `json:"concurrency,omitempty"`
}

// execEntry may hold env and timeout too, beside what else is about a process.
type execEntry struct {
	Command     []string          `json:"command"`
	Dir         string            `json:"dir,omitempty"`
	Concurrency int               `json:"concurrency,omitempty"`
	Env         map[string]string `json:"env,omitempty"`
	Timeout     string            `json:"timeout,omitempty"`
}

type codeEntry struct {
	Runtime string `json:"runtime"`
	SHA256  string `json:"sha256"`
}

// parseFunction reads an entry, given as JSON.
func parseFunction(raw []byte) (Function, error) {
	var e functionEntry
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return Function{}, errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Function{}, errors.New("there is something after the JSON object")
	}
	return e.definition()
}

func (e *functionEntry) definition() (f Function, err error) {
	f = Function{Key: runtime.Key{Account: e.Account, Region: e.Region, Name: e.Name}, Handler: e.Handler,
		MemoryMB: e.MemoryMB, Reserved: e.Reserved, Env: e.Env}
	timeout := e.Timeout
	if e.HTTP != nil {
		f.HTTP = &FunctionHTTP{URL: e.HTTP.URL, Concurrency: e.HTTP.Concurrency}
	}
	if e.Endpoint != nil {
		f.Endpoint = &FunctionEndpoint{URL: e.Endpoint.URL, Function: e.Endpoint.Function, Concurrency: e.Endpoint.Concurrency}
	}
	if x := e.Exec; x != nil {
		f.Exec = &FunctionExec{Command: x.Command, Dir: x.Dir, Concurrency: x.Concurrency}
		if x.Env != nil && e.Env != nil || x.Timeout != "" && e.Timeout != "" {
			return f, errors.New("env and timeout belong to the function or to exec, not to both")
		}
		if x.Env != nil {
			f.Env = x.Env
		}
		timeout = or(timeout, x.Timeout)
	}
	switch {
	case e.Code != nil || e.Go:
		return f, errors.New("code and go can be seen here and not set; CreateFunction and RegisterFunction do that")
	case e.Region != "" && !regionPattern.MatchString(e.Region):
		return f, fmt.Errorf("region %q is not a region such as us-east-1", e.Region)
	case e.Account != "" && !accountPattern.MatchString(e.Account):
		return f, fmt.Errorf("account %q is not 12 digits", e.Account)
	case timeout != "":
		if f.Timeout, err = parseDuration(timeout); err == nil && f.Timeout <= 0 {
			err = fmt.Errorf("timeout %s is not more than 0s", timeout)
		}
	}
	if err != nil {
		return f, err
	}
	return f, f.Validate()
}

// entryOf shows a function.
func entryOf(f Function) functionEntry {
	e := functionEntry{Name: f.Name, Region: f.Region, Account: f.Account, Handler: f.Handler, Timeout: f.Timeout.String(),
		MemoryMB: f.MemoryMB, Reserved: f.Reserved, Env: f.Env, Go: f.Go != nil}
	if f.HTTP != nil {
		e.HTTP = &httpEntry{f.HTTP.URL, f.HTTP.Concurrency}
	}
	if f.Endpoint != nil {
		e.Endpoint = &endpointEntry{f.Endpoint.URL, f.Endpoint.Function, f.Endpoint.Concurrency}
	}
	if f.Exec != nil {
		e.Exec = &execEntry{Command: f.Exec.Command, Dir: f.Exec.Dir, Concurrency: f.Exec.Concurrency}
	}
	if f.Code != nil {
		e.Code = &codeEntry{f.Runtime, f.Code.SHA256}
	}
	return e
}

// placed is the functions of a configuration with account and region filled in.
func (s *Sluice) placed(list []Function) []Function {
	out := slices.Clone(list)
	for i := range out {
		out[i].Account = or(out[i].Account, s.config.Account)
		out[i].Region = or(out[i].Region, s.config.Region)
	}
	return out
}

// configureFunctions makes the functions of the file those of c. It reports
// whether anything is to be told about that.
func (s *Sluice) configureFunctions(list []Function) error {
	err := s.functions.Replace(runtime.FromFile, s.placed(list))
	return wrap("functions", err)
}

// functionHook is the functions as the admin API sees them.
type functionHook struct{ s *Sluice }

func keyOf(ctx context.Context, name string) runtime.Key {
	who, _ := caller.From(ctx)
	return runtime.Key{Account: who.Account, Region: who.Region, Name: name}
}

// Functions implements server.Functions. Those that CreateFunction has made
// and nobody has invoked yet are known to Lambda's room alone.
func (h functionHook) Functions(ctx context.Context) []any {
	k := keyOf(ctx, "")
	var list []functionEntry
	for _, f := range h.s.functions.List(k.Account, k.Region) {
		if f.Version == "" && f.Origin != runtime.FromAPI {
			list = append(list, entryOf(f))
		}
	}
	list = append(list, h.s.createdFunctions(ctx, "")...)
	slices.SortFunc(list, func(a, b functionEntry) int { return strings.Compare(a.Name, b.Name) })
	items := make([]any, len(list))
	for i := range list {
		items[i] = list[i]
	}
	return items
}

// Function implements server.Functions.
func (h functionHook) Function(ctx context.Context, name string) (any, error) {
	if f, ok := h.s.functions.Lookup(keyOf(ctx, name)); ok && f.Origin != runtime.FromAPI {
		return entryOf(f), nil
	}
	if list := h.s.createdFunctions(ctx, name); len(list) > 0 {
		return list[0], nil
	}
	return nil, errNoFunction(name)
}

// PutFunction implements server.Functions.
func (h functionHook) PutFunction(ctx context.Context, name string, raw []byte) (any, error) {
	f, err := parseFunction(withName(raw, name))
	if err != nil {
		return nil, server.NewProblem(400, "BadFunction", err.Error(), "the members are listed in docs/functions.md")
	}
	k := keyOf(ctx, name)
	if f.Name != name || or(f.Account, k.Account) != k.Account || or(f.Region, k.Region) != k.Region {
		return nil, server.NewProblem(400, "BadFunction", "name, account and region are those of the path", "")
	}
	f.Key, f.Origin = k, runtime.FromAdmin
	if len(h.s.createdFunctions(ctx, name)) > 0 {
		return nil, server.NewProblem(409, "FunctionExists", name+" was made by CreateFunction", "delete it there first")
	}
	was, had := h.s.functions.Lookup(k)
	switch err := h.s.functions.Register(f); {
	case errors.Is(err, runtime.ErrNoExec):
		return nil, server.NewProblem(403, "NotAllowed", err.Error(), hintFrom(err))
	case err != nil:
		return nil, err
	}
	if d, ok := h.s.functions.Lookup(k); ok {
		if err := h.s.kept.put(k, &d); err != nil {
			return nil, errors.Join(err, h.takeBack(k, was, had))
		}
	}
	h.s.seedMappingsOf(ctx, k)
	return h.Function(ctx, name)
}

// takeBack makes a function again what it was before a definition that could not be
// kept: it would be gone with the next start, and nobody is to count on it.
func (h functionHook) takeBack(k runtime.Key, was Function, had bool) error {
	if had {
		return h.s.functions.Register(was)
	}
	h.s.functions.Remove(k)
	return nil
}

// withName adds the name of the path to an entry that has none.
func withName(raw []byte, name string) []byte {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil || members == nil || members["name"] != nil {
		return raw
	}
	members["name"], _ = json.Marshal(name)
	named, err := json.Marshal(members)
	if err != nil {
		return raw
	}
	return named
}

// DeleteFunction implements server.Functions.
func (h functionHook) DeleteFunction(ctx context.Context, name string) error {
	k := keyOf(ctx, name)
	if len(h.s.createdFunctions(ctx, name)) > 0 {
		return server.NewProblem(409, "FunctionExists", name+" was made by CreateFunction", "delete it by DeleteFunction")
	}
	if err := h.s.kept.put(k, nil); err != nil {
		return err
	}
	if !h.s.functions.Remove(k) {
		return errNoFunction(name)
	}
	return nil
}

// FunctionLogs implements server.Functions.
func (h functionHook) FunctionLogs(ctx context.Context, name string, after uint64, limit int, wait time.Duration) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	lines, ok := h.s.functions.Logs(ctx, keyOf(ctx, name), after, limit, wait > 0)
	if !ok {
		if len(h.s.createdFunctions(ctx, name)) == 0 {
			return nil, errNoFunction(name)
		}
		_ = h.s.host.Sleep(ctx, min(wait, logPoll)) // it has not run yet
	}
	if lines == nil {
		lines = []runtime.Line{}
	}
	return map[string][]runtime.Line{"items": lines}, nil
}

// logPoll is how soon the log of a function that has never run is looked for again.
const logPoll = 200 * time.Millisecond

// createdFunctions shows the function of that name that CreateFunction has
// made, or all of the caller's.
func (s *Sluice) createdFunctions(ctx context.Context, name string) (list []functionEntry) {
	inst := s.current.Load()
	if inst == nil {
		return nil
	}
	ctx = server.Unharmed(ctx)
	k := keyOf(ctx, "")
	show := func(c types.FunctionConfiguration) functionEntry {
		return functionEntry{Name: aws.ToString(c.FunctionName), Region: k.Region, Account: k.Account, Handler: aws.ToString(c.Handler),
			Timeout: (time.Duration(aws.ToInt32(c.Timeout)) * time.Second).String(), MemoryMB: int(aws.ToInt32(c.MemorySize)),
			Code: &codeEntry{Runtime: string(c.Runtime), SHA256: aws.ToString(c.CodeSha256)}}
	}
	if name != "" {
		f, err := server.Call[*lambda.GetFunctionOutput](ctx, inst.mounts, lambdaID, "GetFunction", &lambda.GetFunctionInput{FunctionName: &name})
		if err != nil || f.Configuration == nil {
			return nil
		}
		return []functionEntry{show(*f.Configuration)}
	}
	in := &lambda.ListFunctionsInput{}
	for {
		page, err := server.Call[*lambda.ListFunctionsOutput](ctx, inst.mounts, lambdaID, "ListFunctions", in)
		if err != nil {
			return list
		}
		for _, c := range page.Functions {
			list = append(list, show(c))
		}
		if in.Marker = page.NextMarker; in.Marker == nil {
			return list
		}
	}
}

func errNoFunction(name string) error {
	return server.NewProblem(404, "NotFound", "there is no function "+name, "GET /_sluice/functions lists those of an account and region")
}

func hintFrom(err error) string {
	var with interface{ Hint() string }
	if errors.As(err, &with) {
		return with.Hint()
	}
	return ""
}

// codeFolder is where code of functions is unpacked; empty for a temporary folder.
func (s *Sluice) codeFolder() string {
	if s.config.Memory {
		return ""
	}
	return filepath.Join(s.config.Data, "functions")
}
