package server

import (
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"sluice/server/wire"
)

// front is a way of asking: each answers odd requests in its own manner.
type front uint8

const (
	// frontTarget is JSON or CBOR with the operation in X-Amz-Target; requests
	// that name nothing at all end there too.
	frontTarget front = iota
	frontRPC          // /service/NAME/operation/NAME with CBOR
	frontREST
	frontQuery
	frontPlain
)

// route is where a request goes. Service and operation are nil when unknown.
type route struct {
	front   front
	service *service
	name    string // the operation as the request spells it
	op      *operation
	path    map[string]string // labels of the path
	plain   *Route
	site    bool // plain is that of the site, which answers preflights itself
}

// Paths that begin so are never a service's.
const (
	adminPrefix      = "/_sluice/"
	localstackPrefix = "/_localstack/"
	metricsAlias     = "/metrics"
)

// isAdmin tells whether a request is for the admin paths. The alias for
// metrics yields to a bucket of that name when the request is signed.
func isAdmin(r *http.Request) bool {
	p := r.URL.Path
	return strings.HasPrefix(p, adminPrefix) || strings.HasPrefix(p, localstackPrefix) ||
		p == metricsAlias && r.Header.Get("Authorization") == ""
}

// route finds the way of a request that is not for the admin paths, in the
// order that docs promise: target, RPC path, service of the credential scope,
// form action, known REST paths, plain handlers, the site, nothing.
func (m *Mounts) route(r *http.Request, sc *scope) route {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return m.routeTarget(target)
	}
	if prefix, name, ok := rpcPath(r); ok {
		s := m.byTarget(prefix)
		return route{front: frontRPC, service: s, name: name, op: s.operation(name)}
	}
	if s := m.bySigningName(sc.service); s != nil {
		return s.route(r)
	}
	if m.site != nil && sc.service == m.site.Service {
		rt, _ := m.routeSite(r, sc)
		return rt
	}
	if r.Method == http.MethodPost && mediaType(r) == formType || r.URL.Query().Has("Action") {
		return route{front: frontQuery}
	}
	asked := meant(r)
	for _, s := range m.order {
		if rt := s.routeREST(asked); rt.op != nil {
			return rt
		}
	}
	if rt, ok := m.routePlain(asked); ok {
		return rt
	}
	if rt, ok := m.routeSite(r, sc); ok {
		return rt
	}
	return route{front: frontTarget}
}

// meant is the request that a preflight asks about, so that it finds the same
// way.
func meant(r *http.Request) *http.Request {
	method := r.Header.Get("Access-Control-Request-Method")
	if r.Method != http.MethodOptions || method == "" {
		return r
	}
	asked := *r
	asked.Method = method
	return &asked
}

// routeTarget reads PREFIX.OPERATION; what follows a second dot is ignored.
func (m *Mounts) routeTarget(target string) route {
	prefix, rest, _ := strings.Cut(target, ".")
	name, _, _ := strings.Cut(rest, ".")
	s := m.byTarget(prefix)
	if prefix == "" {
		name = ""
	}
	return route{front: frontTarget, service: s, name: name, op: s.operation(name)}
}

// rpcPath reads /service/PREFIX/operation/OPERATION.
func rpcPath(r *http.Request) (prefix, name string, ok bool) {
	rest, ok := strings.CutPrefix(r.URL.Path, "/service/")
	if !ok || r.Method != http.MethodPost {
		return "", "", false
	}
	prefix, name, ok = strings.Cut(rest, "/operation/")
	return prefix, name, ok
}

// route finds the way within the service that the signature names.
func (s *service) route(r *http.Request) route {
	switch {
	case s.speaks(wire.RestJSON1):
		return s.routeREST(r)
	case s.speaks(wire.Query):
		return route{front: frontQuery, service: s}
	}
	return route{front: frontTarget, service: s}
}

// routeREST finds an operation by method and path.
func (s *service) routeREST(r *http.Request) route {
	rt := route{front: frontREST, service: s}
	if s.rest == nil {
		return rt
	}
	path := r.URL.EscapedPath()
	rctx := chi.NewRouteContext()
	pattern := s.rest.Find(rctx, r.Method, path)
	op := s.bindings[routeKey(r.Method, pattern)]
	if op == nil {
		return rt
	}
	labels, ok := unescaped(&rctx.URLParams)
	if !ok {
		return rt
	}
	rt.op, rt.name, rt.path = op, op.Name, labels
	return rt
}

// unescaped decodes the labels of a path. A percent sign that begins nothing
// makes the whole path unknown.
func unescaped(params *chi.RouteParams) (map[string]string, bool) {
	labels := make(map[string]string, len(params.Keys))
	for i, key := range params.Keys {
		value, err := url.PathUnescape(params.Values[i])
		if err != nil {
			return nil, false
		}
		labels[key] = value
	}
	return labels, true
}

// bindREST enters the operations of a REST service into its router, each path
// with and without a slash at its end: SDKs have sent both over the years.
func (s *service) bindREST() {
	if !s.speaks(wire.RestJSON1) {
		return
	}
	s.rest, s.bindings = chi.NewMux(), map[string]*operation{}
	nothing := func(http.ResponseWriter, *http.Request) {}
	for _, op := range s.operations {
		path := strings.TrimSuffix(op.Path, "/")
		for _, pattern := range []string{path, path + "/"} {
			s.rest.MethodFunc(op.Method, pattern, nothing)
			s.bindings[routeKey(op.Method, pattern)] = op
		}
	}
}

func (m *Mounts) routePlain(r *http.Request) (route, bool) {
	rctx := chi.NewRouteContext()
	pattern := m.plain.Find(rctx, r.Method, r.URL.Path)
	if pattern == "" {
		return route{}, false
	}
	plain, ok := m.routes[routeKey(r.Method, pattern)]
	if !ok {
		plain, ok = m.routes[routeKey("", pattern)]
	}
	return route{front: frontPlain, name: plain.Operation, plain: &plain}, ok
}

// Content types that choose a protocol.
const (
	json11Type = "application/x-amz-json-1.1"
	json10Type = "application/x-amz-json-1.0"
	cbor11Type = "application/x-amz-cbor-1.1"
	plainJSON  = "application/json"
	formType   = "application/x-www-form-urlencoded"
)

// mediaType is the content type in lower case without its parameters.
func mediaType(r *http.Request) string {
	value := r.Header.Get("Content-Type")
	switch value { // what nearly every request sends
	case json11Type, cbor11Type, json10Type, "":
		return value
	}
	if t, _, err := mime.ParseMediaType(value); err == nil {
		return t
	}
	t, _, _ := strings.Cut(value, ";")
	return strings.ToLower(strings.TrimSpace(t))
}
