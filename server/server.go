package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sluice/server/fault"
	"sluice/server/wire"
)

const (
	// maxHeaderBytes bounds a request's header; AWS takes less.
	maxHeaderBytes = 64 << 10
	// maxStreams is how many calls one HTTP/2 connection may have open. Fan-out
	// clients keep one open per shard.
	maxStreams = 1000
	// connectionWindow and streamWindow are how much of bodies one HTTP/2
	// connection and one call may send before anybody has room for it: net/http
	// keeps that, whatever the memory budget says, and would take a megabyte. With less
	// than this, large bodies come slower. One call that waits leaves room for others
	// of its connection.
	connectionWindow, streamWindow = 320 << 10, 256 << 10
	// drainLimit bounds how long Close waits for connections, so that the whole
	// program, which then closes its store, ends within 5 s. It is longer than
	// what calls under way are given.
	drainLimit = 4 * time.Second
)

// Server is the open door.
type Server struct {
	cfg      Config
	log      *slog.Logger
	origins  origins
	ca       *authority // nil when the certificate was given
	entrance *entrance
	backdoor *entrance // of the admin paths; nil when they share the entrance
	doors    []*http.Server
	admin    http.Handler
	gate     gate
	budget   *budget
	buffers  buffers
	memories sync.Pool // of *wire.PutMemory
	watch    *observer
	faults   *fault.Set
	started  time.Time

	addresses []string
	closing   atomic.Bool
	replacing atomic.Bool
	serving   sync.WaitGroup
}

// Open listens and begins to serve. Requests wait until the first Install.
// A port that is taken is a *ListenError.
func Open(ctx context.Context, c Config) (*Server, error) {
	c, err := c.filled()
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: c, log: c.Logger, faults: c.Faults, started: c.Host.Now()}
	s.gate.init()
	s.budget = newBudget(c.MemoryLimit, c.WaitTimeout)
	s.origins = origins{hosts: hosts{names: hostNames(c)}}
	for _, o := range c.CORSOrigins {
		s.origins.allowed = append(s.origins.allowed, strings.ToLower(o))
	}
	tlsConfig, ca, err := openTLS(c, slices.Concat(listenHosts(c), c.HostNames))
	if err != nil {
		return nil, err
	}
	s.ca = ca
	front, err := bindAll(c.Listen)
	if err != nil {
		return nil, err
	}
	if c.AdminListen != "" {
		back, err := bindAll([]string{c.AdminListen})
		if err != nil {
			closeAll(front)
			return nil, err
		}
		s.backdoor = newEntrance(back, tlsConfig, c, nil)
	}
	s.addresses = urls(front)
	s.watch = newObserver(c.Logger, c.LogRequests)
	s.admin = s.adminRouter()
	s.entrance = newEntrance(front, tlsConfig, c, s.serveLane)
	s.serve(ctx, s.entrance, s)
	if s.backdoor != nil {
		s.serve(ctx, s.backdoor, http.HandlerFunc(s.serveBackdoor))
	}
	return s, nil
}

// serve starts net/http behind an entrance.
func (s *Server) serve(ctx context.Context, e *entrance, handler http.Handler) {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	door := &http.Server{
		Handler:           handler,
		TLSConfig:         e.tls.Clone(),
		Protocols:         &protocols,
		ReadHeaderTimeout: s.cfg.HeaderTimeout,
		IdleTimeout:       s.cfg.IdleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: maxStreams, MaxReceiveBufferPerConnection: connectionWindow, MaxReceiveBufferPerStream: streamWindow,
		},
		// A client that hangs up or distrusts the certificate is no news.
		ErrorLog:    slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		ConnContext: withConn,
	}
	s.doors = append(s.doors, door)
	s.serving.Go(func() {
		if err := door.Serve(e); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("a listener ended", "error", err)
		}
	})
}

// hostNames are the names that the admin paths may be called by, besides
// loopbacks.
func hostNames(c Config) []string {
	var names []string
	for _, name := range slices.Concat(c.HostNames, listenHosts(c)) {
		names = append(names, bareHost(name))
	}
	return names
}

// listenHosts are the hosts of the listen addresses that name one.
func listenHosts(c Config) []string {
	var list []string
	for _, address := range append(slices.Clone(c.Listen), c.AdminListen) {
		host, _, err := net.SplitHostPort(address)
		ip := net.ParseIP(host)
		if err == nil && host != "" && host != "localhost" && (ip == nil || !ip.IsUnspecified()) {
			list = append(list, host)
		}
	}
	return list
}

// Addresses lists the URLs of the listener, http://127.0.0.1:4566 for one.
// https works on the same ports.
func (s *Server) Addresses() []string { return slices.Clone(s.addresses) }

// AdminAddresses lists the URLs below which /_sluice/ is found.
func (s *Server) AdminAddresses() []string {
	if s.backdoor == nil {
		return s.Addresses()
	}
	return urls(s.backdoor.inner)
}

// Install serves m from now on. An instance that was served before is drained
// first: its calls end, within seconds at the latest; its streams end cleanly
// at once; requests that arrive meanwhile wait for m. With m nil they wait for
// the next Install. When Install returns, the former instance has no calls any
// more and its rooms may be closed. An error says that some calls did not end;
// m is served nevertheless.
func (s *Server) Install(ctx context.Context, m *Mounts) error {
	return s.Replace(ctx, func(context.Context) (*Mounts, error) { return m, nil })
}

// Replace is Install for an instance that can only be opened when the former
// one is gone, because both use the same data folder: it drains, then calls
// open to close the old and make the new. Without a new instance the former
// one does not come back.
func (s *Server) Replace(ctx context.Context, open func(context.Context) (*Mounts, error)) error {
	s.gate.turn.Lock()
	defer s.gate.turn.Unlock()
	s.replacing.Store(true)
	defer s.replacing.Store(false)
	old := s.gate.current.Load()
	var stuck error
	if old != nil {
		s.gate.set(nil)
		stuck = old.drain(ctx, s.cfg.Host, drainGrace)
	}
	m, err := open(ctx)
	if err != nil || m == nil {
		return errors.Join(stuck, err)
	}
	m.home.Store(s)
	s.faults.Know(m.FaultTargets())
	s.gate.set(m)
	return stuck
}

// Close drains the instance and ends all connections, within 5 seconds of host
// time.
func (s *Server) Close(ctx context.Context) error {
	if !s.closing.CompareAndSwap(false, true) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, drainLimit)
	defer cancel()
	s.gate.close()
	var shutting sync.WaitGroup
	for _, door := range s.doors {
		shutting.Go(func() {
			if door.Shutdown(ctx) != nil {
				_ = door.Close()
			}
		})
	}
	err := s.Install(ctx, nil)
	shutting.Wait()
	s.serving.Wait()
	return err
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isAdmin(r) && (s.backdoor == nil || strings.HasPrefix(r.URL.Path, localstackPrefix)) {
		s.admin.ServeHTTP(w, r)
		return
	}
	x := s.begin(w, r)
	defer x.end()
	if isAdmin(r) {
		x.replyXML(http.StatusNotFound, "NotFound", "The admin paths have a listener of their own")
		return
	}
	x.serve()
}

// serve takes a request from the guard to its front.
func (x *exchange) serve() {
	if !x.admitOrigin() {
		return
	}
	x.scope = readScope(x.r)
	x.find()
	m, err := x.s.gate.get(x.r.Context(), x.s.cfg.WaitTimeout)
	if err != nil {
		x.failEarly()
		return
	}
	rt := m.route(x.r, &x.scope)
	x.name(&rt)
	if !x.admitHost() {
		return
	}
	x.longID = rt.front == frontTarget
	var body []byte
	if rt.front != frontPlain {
		var ok bool
		if body, ok = x.takeBody(rt.limit()); !ok || x.preflight() {
			return
		}
	} else if rt.site {
		x.origin = "" // it has rules of its own for the pages that may call
	} else if x.preflight() {
		return
	}
	x.within(m, rt, body)
}

// within counts the call into the instance, or the one after it when that is
// just closing, and runs its front.
func (x *exchange) within(m *Mounts, rt route, body []byte) {
	who := x.s.caller(x.r, &x.scope, x.id)
	if x.found != nil {
		// Nothing runs for this caller before the signature is found right.
		who.Account = x.found.Account
	}
	who.Ask = x
	x.event.Account, x.event.Region = who.Account, who.Region
	ctx, cancel := x.callContext(who, rt.op)
	defer cancel()
	k := &x.call
	k.cancel, k.w, k.stream = cancel, x.w, rt.op != nil && rt.op.Stream
	for !m.calls.enter(k) {
		var err error
		if m, err = x.s.gate.get(ctx, x.s.cfg.WaitTimeout); err != nil {
			x.failEarly()
			return
		}
		rt = m.route(x.r, &x.scope)
	}
	defer m.calls.leave(k)
	x.ending = m.ending
	switch rt.front {
	case frontTarget:
		x.serveTarget(ctx, m, rt, body)
	case frontRPC:
		x.serveRPC(ctx, rt, body)
	case frontREST:
		x.serveREST(ctx, rt, body)
	case frontQuery:
		x.serveQuery(ctx, m, rt, body)
	case frontPlain:
		x.servePlain(ctx, rt)
	}
}

// name notes what the call is, as far as it is known: nothing that a client
// can make up gets into the metrics.
func (x *exchange) name(rt *route) {
	switch {
	case rt.plain != nil:
		x.event.Service, x.event.Operation = rt.plain.Service, rt.plain.Operation
	case rt.service != nil:
		x.event.Service = rt.service.ID
	}
	if rt.op != nil {
		x.event.Operation = rt.op.Name
	}
}

func (rt *route) limit() int64 {
	if rt.op == nil {
		return DefaultMaxBody
	}
	return rt.op.maxBody
}

// takeBody reads the body and answers by itself when it cannot.
func (x *exchange) takeBody(limit int64) ([]byte, bool) {
	body, err := x.readBody(limit)
	switch {
	case err == nil:
		return body, true
	case errors.Is(err, errTooLarge):
		// The service says nothing but the status, not even a request id.
		x.event.Error, x.event.Status = "RequestEntityTooLarge", http.StatusRequestEntityTooLarge
		x.wrote = true
		x.w.Header()["Content-Type"] = nil
		x.w.Header().Set("Content-Length", "0")
		x.w.WriteHeader(http.StatusRequestEntityTooLarge)
	case errors.Is(err, errNoMemory):
		x.failEarly()
	default:
		// The body broke off or stood still. Nobody may be listening any more.
		x.event.Error = "RequestBroken"
		x.reply(http.StatusBadRequest, http.Header{"Connection": {"close"}}, nil)
	}
	return nil, false
}

// failEarly answers with the internal failure before the operation is looked
// at, in the protocol the request seems to speak.
func (x *exchange) failEarly() {
	p := wire.JSON11
	switch mediaType(x.r) {
	case cbor11Type:
		p = wire.CBOR11
	case formType:
		p = wire.Query
	case "application/cbor":
		p = wire.RPCv2CBOR
	}
	x.fail(wire.CodecFor(p), nil, wire.InternalFailure())
}
