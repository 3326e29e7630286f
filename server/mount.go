package server

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-chi/chi/v5"

	"sluice/internal/coverage"
	"sluice/server/wire"
)

// Mounts is one instance of everything that is served: rooms with their
// operations, and plain handlers. It is filled before Server.Install and never
// changes after.
type Mounts struct {
	// mu guards services while rooms are mounted: a room that is there already
	// may call others meanwhile.
	mu       sync.RWMutex
	services map[string]*service // by id
	order    []*service          // as mounted
	plain    *chi.Mux
	routes   map[string]Route // by method and pattern
	site     *Site            // nil for none
	calls    calls
	// ending ends when the instance closes, for streams of in-process callers.
	ending context.Context
	end    context.CancelFunc
	// home is where in-process calls are observed; nil until installed.
	home atomic.Pointer[Server]
}

// Missing is the state of an operation that the model has and the room has
// not, and of one whose header says nothing. It is not a state a finished
// operation can have.
const Missing coverage.State = "missing"

// Operation is one row of the coverage table.
type Operation struct {
	Service   string         `json:"service"`
	Operation string         `json:"operation"`
	State     coverage.State `json:"state"`
	Notes     string         `json:"notes"`
	Test      string         `json:"test"`
}

// Route declares where a plain handler is reached. Its Service and Operation
// only name it in logs and metrics.
type Route struct {
	Service, Operation string
	// Method is the HTTP method, empty for every one.
	Method string
	// Pattern is a chi pattern: "/putMedia", "/{bucket}/*".
	Pattern string
	// Handler answers alone: it reads the body itself, without limit, may go
	// full duplex and may take the connection over. The caller is in its
	// request's context, and so is a lease, by which it says what it holds of the
	// memory budget.
	Handler http.Handler
	// SigningName makes the door check signatures before the handler runs, by
	// the rules of S3, when it checks them at all: chunks of the body are
	// checked as the handler reads them. Empty leaves it to the handler.
	SigningName string
	// Anonymous lets unsigned requests pass to the handler all the same.
	Anonymous bool
	// Fail writes an error in the form of the service, for fault rules; nil
	// where there is no such form.
	Fail func(w http.ResponseWriter, r *http.Request, status int, code, message string)
	// Address tells which bucket and key a request is for, which presigned URLs
	// of version 2 sign; nil where they are not taken.
	Address func(r *http.Request) (bucket, key string)
	// Busy is how the service refuses calls that come too often, in the form of
	// Fail; the zero value where it never does.
	Busy Busy
}

// Busy is a refusal of calls that come too often.
type Busy struct {
	Status        int
	Code, Message string
}

// MountOption adds to what the methods of a room say.
type MountOption func(*mountOptions)

type mountOptions struct {
	maxBody  map[string]int64
	coverage []coverage.Entry
	unknown  string
}

// Unknown sets what the answer to an operation says that the room has not, for
// services of which only a part is here.
func Unknown(message string) MountOption {
	return func(o *mountOptions) { o.unknown = message }
}

// MaxBody sets the largest body, in bytes, that an operation accepts.
// The default is DefaultMaxBody.
func MaxBody(operation string, n int64) MountOption {
	return func(o *mountOptions) { o.maxBody[operation] = n }
}

// Coverage tells how far the operations of the room are there.
func Coverage(entries []coverage.Entry) MountOption {
	return func(o *mountOptions) { o.coverage = append(o.coverage, entries...) }
}

// DefaultMaxBody admits a record of 10 MiB in base64 and what comes with it.
const DefaultMaxBody = 16 << 20

// service is a mounted room with the model of its service.
type service struct {
	*wire.Service
	operations map[string]*operation // those that have a method
	rest       *chi.Mux              // nil when the service speaks no REST
	bindings   map[string]*operation // of rest, by method and pattern
	// signed tells that calls without authentication are refused with 400, as
	// the JSON protocols do; REST and query answer 403.
	authStatus int
	unknown    string // the text for operations that are not there
	guard      Guard  // how policies name what it does
}

// operation is one mounted method.
type operation struct {
	*wire.Operation
	plan     *wire.Plan
	input    reflect.Type // *XInput
	call     func(ctx context.Context, in any) (any, error)
	maxBody  int64
	borrows  bool // keeps no payload of its input
	entry    coverage.Entry
	resource []int   // field index of what the call is about, nil for none
	known    ordered // what fault rules know of it
}

// NewMounts returns an empty instance.
func NewMounts() *Mounts {
	m := &Mounts{services: map[string]*service{}, plain: chi.NewMux(), routes: map[string]Route{}}
	m.calls.init()
	m.ending, m.end = context.WithCancel(context.Background())
	return m
}

// Mount adds a room for the service with the given id. Every exported method
// of room that takes an *XInput is an operation: it must be in the model under
// its own name, with the model's members, and return the matching output, or
// for an event stream an iter.Seq2 over its events. A method that disagrees is
// an error. Other methods, such as Close, are passed by.
func (m *Mounts) Mount(serviceID string, room any, options ...MountOption) error {
	model, ok := wire.Find(serviceID)
	if !ok {
		return fmt.Errorf("mount %s: there is no model of this service", serviceID)
	}
	if m.services[serviceID] != nil {
		return fmt.Errorf("mount %s: it is mounted already", serviceID)
	}
	o := &mountOptions{maxBody: map[string]int64{}}
	for _, option := range options {
		option(o)
	}
	s := &service{Service: model, operations: map[string]*operation{}, authStatus: http.StatusForbidden, unknown: o.unknown}
	if slices.Contains(model.Protocols, wire.JSON11) || slices.Contains(model.Protocols, wire.JSON10) {
		s.authStatus = http.StatusBadRequest
	}
	if err := s.addMethods(room); err != nil {
		return fmt.Errorf("mount %s: %w", serviceID, err)
	}
	if err := s.apply(o); err != nil {
		return fmt.Errorf("mount %s: %w", serviceID, err)
	}
	s.bindREST()
	m.mu.Lock()
	m.services[serviceID] = s
	m.mu.Unlock()
	m.order = append(m.order, s)
	return nil
}

// service finds a mounted room, for in-process calls.
func (m *Mounts) service(id string) *service {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.services[id]
}

func (s *service) addMethods(room any) error {
	value := reflect.ValueOf(room)
	for i := range value.NumMethod() {
		method := value.Type().Method(i)
		if !takesInput(method) {
			continue
		}
		op, err := s.bind(method, value)
		if err != nil {
			return fmt.Errorf("method %s: %w", method.Name, err)
		}
		s.operations[method.Name] = op
	}
	if len(s.operations) == 0 {
		return fmt.Errorf("%T has no operations", room)
	}
	return nil
}

func (s *service) apply(o *mountOptions) error {
	for name, n := range o.maxBody {
		op := s.operations[name]
		if op == nil {
			return fmt.Errorf("body limit for %s, which the room does not have", name)
		}
		op.maxBody = n
	}
	for _, entry := range o.coverage {
		op := s.operations[entry.Operation]
		if op == nil {
			return fmt.Errorf("coverage of %s, which the room does not have", entry.Operation)
		}
		op.entry = entry
	}
	return nil
}

// Handle adds a plain handler.
func (m *Mounts) Handle(route Route) {
	key := routeKey(route.Method, route.Pattern)
	m.routes[key] = route
	if route.Method == "" {
		m.plain.Handle(route.Pattern, route.Handler)
		return
	}
	m.plain.Method(route.Method, route.Pattern, route.Handler)
}

func routeKey(method, pattern string) string { return method + " " + pattern }

// Operations lists every operation of the models of the mounted services,
// sorted by service and name.
func (m *Mounts) Operations() []Operation {
	var list []Operation
	for _, s := range m.order {
		for name := range s.Operations {
			row := Operation{Service: s.ID, Operation: name, State: Missing}
			if op := s.operations[name]; op != nil {
				row.State, row.Notes, row.Test = op.entry.State, op.entry.Notes, op.entry.Test
			}
			list = append(list, row)
		}
	}
	list = append(list, m.siteOperations()...)
	slices.SortFunc(list, func(a, b Operation) int {
		return strings.Compare(a.Service+"\x00"+a.Operation, b.Service+"\x00"+b.Operation)
	})
	return list
}

// byTarget finds the service of an X-Amz-Target or /service/ prefix.
func (m *Mounts) byTarget(prefix string) *service {
	for _, s := range m.order {
		if s.TargetPrefix == prefix && prefix != "" {
			return s
		}
	}
	return nil
}

// bySigningName finds the service of a credential scope.
func (m *Mounts) bySigningName(name string) *service {
	for _, s := range m.order {
		if s.SigningName == name && name != "" {
			return s
		}
	}
	return nil
}

// operation finds a mounted operation; nil when the model or the room lacks it.
func (s *service) operation(name string) *operation {
	if s == nil {
		return nil
	}
	return s.operations[name]
}

func (s *service) speaks(p wire.Protocol) bool {
	return s != nil && slices.Contains(s.Protocols, p)
}
