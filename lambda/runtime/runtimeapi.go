package runtime

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"

	"sluice/lambda/function"
)

// runtimeAPI is the Lambda Runtime API, version 2018-06-01, for one process,
// and as much of the Extensions API as keeps extensions quiet.
type runtimeAPI struct {
	p       *process
	address string
}

// ServeHTTP implements http.Handler. The listener is on loopback, where web
// pages can reach it too: they have an Origin, or another Host.
func (a *runtimeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Host != a.address || r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
		say(w, http.StatusForbidden, "Forbidden", "this is for the process of a function")
		return
	}
	path, ok := strings.CutPrefix(r.URL.Path, "/2018-06-01/runtime/")
	if !ok {
		a.extension(w, r)
		return
	}
	id, what := "", path
	if rest, ok := strings.CutPrefix(path, "invocation/"); ok && rest != "next" {
		id, what, _ = strings.Cut(rest, "/")
	}
	switch r.Method + " " + what {
	case "GET invocation/next":
		a.next(w, r)
	case "POST response":
		a.answer(w, r, id, false)
	case "POST error":
		a.answer(w, r, id, true)
	case "POST init/error":
		a.initError(w, r)
	default:
		say(w, http.StatusNotFound, "NotFound", r.Method+" "+r.URL.Path+" is not part of this API")
	}
}

// next answers with an event once there is one, however long that takes.
func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	p := a.p
	p.out.drain() // what it wrote until now is not about the next event
	events := make(chan *handed, 1)
	p.mu.Lock()
	if p.current != nil || p.poll != nil {
		p.mu.Unlock()
		say(w, http.StatusForbidden, "InvalidStateTransition", "the event before is not answered yet")
		return
	}
	p.poll = events
	if p.timer != nil {
		p.timer.Stop()
	}
	p.mu.Unlock()
	select {
	case <-p.asked:
		p.pool.asks(p, false)
	default:
		p.pool.asks(p, true)
		close(p.asked)
	}
	rest := p.pool.host.cfg.Host
	timer := rest.At(rest.Now().Add(p.pool.host.cfg.Rest), func() {
		if p.pool.withdraw(p) {
			p.kill()
		}
	})
	defer timer.Stop()
	select {
	case ev := <-events:
		a.send(w, ev)
	case <-r.Context().Done():
		// A process that hangs up while it waits is one that ends, or is ended:
		// an invocation may be about to hand it an event.
		p.pool.withdraw(p)
		p.kill()
	}
}

func (a *runtimeAPI) send(w http.ResponseWriter, ev *handed) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(ev.Payload)))
	h.Set("Lambda-Runtime-Aws-Request-Id", ev.RequestID)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(ev.deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", ev.arn)
	if ev.TraceID != "" {
		h.Set("Lambda-Runtime-Trace-Id", ev.TraceID)
	}
	// Callers send the client context as base64, functions get the JSON.
	if text, err := base64.StdEncoding.DecodeString(ev.ClientContext); err == nil && len(text) > 0 {
		h.Set("Lambda-Runtime-Client-Context", strings.NewReplacer("\r", " ", "\n", " ").Replace(string(text)))
	}
	_, _ = w.Write(ev.Payload)
}

// maxDrain is how much of an answer that is too large is read, so that the
// sender gets to see the refusal.
const maxDrain = 64 << 20

// answer takes the result of an event, or the error document that a function
// made in its place. A streamed answer is complete with its last chunk; the
// trailers after it can still make an error of it.
func (a *runtimeAPI) answer(w http.ResponseWriter, r *http.Request, id string, isError bool) {
	ev := a.p.at(id)
	if ev == nil {
		say(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return
	}
	body, err := readAnswer(r)
	size := len(body)
	if err == nil && size > MaxAnswer {
		more, _ := io.Copy(io.Discard, io.LimitReader(r.Body, maxDrain))
		size += int(more)
	}
	var result function.Result
	switch kind := r.Trailer.Get("Lambda-Runtime-Function-Error-Type"); {
	case err != nil:
		result = failed("Runtime.TruncatedResponse", "RequestId: %s Error: %v", id, err)
	case size > MaxAnswer:
		a.p.answer(ev, answerTooLarge(size))
		say(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "Exceeded maximum allowed payload size ("+strconv.Itoa(MaxAnswer)+" bytes).")
		return
	case kind != "":
		result = trailed(kind, r.Trailer.Get("Lambda-Runtime-Function-Error-Body"))
	case isError:
		result = function.Result{Payload: errorDocument(body, r.Header.Get("Lambda-Runtime-Function-Error-Type")), Error: function.Unhandled}
	default:
		result = function.Result{Payload: body}
	}
	if !a.p.answer(ev, result) {
		say(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return
	}
	accept(w)
}

// readAnswer reads one byte more than an answer may have.
func readAnswer(r *http.Request) ([]byte, error) {
	if n := r.ContentLength; n >= 0 && n <= MaxAnswer {
		body := make([]byte, n)
		_, err := io.ReadFull(r.Body, body)
		return body, err
	}
	return io.ReadAll(io.LimitReader(r.Body, MaxAnswer+1))
}

// trailed is the failure of a stream that had begun well.
func trailed(kind, body string) function.Result {
	if doc, err := base64.StdEncoding.DecodeString(body); err == nil && len(doc) > 0 {
		return function.Result{Payload: errorDocument(doc, kind), Error: function.Unhandled}
	}
	return failed(kind, "")
}

// errorDocument is body when it is one, or says what is known.
func errorDocument(body []byte, kind string) []byte {
	if len(body) > 0 && json.Valid(body) {
		return body
	}
	return failed(or(kind, "Runtime.Unknown"), "%s", excerpt(body)).Payload
}

// initError takes why the process cannot begin. It ends by itself after that.
func (a *runtimeAPI) initError(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRefusal))
	if err != nil {
		return
	}
	p := a.p
	p.mu.Lock()
	first := p.initFail == nil
	if first {
		p.initFail = &function.Result{Error: function.Unhandled, Payload: errorDocument(body, r.Header.Get("Lambda-Runtime-Function-Error-Type"))}
	}
	p.mu.Unlock()
	if first {
		close(p.refused)
	}
	accept(w)
}

// extension serves extensions inside the process: they may register, and then
// wait for events that never come.
func (a *runtimeAPI) extension(w http.ResponseWriter, r *http.Request) {
	d := a.p.pool.def
	switch r.Method + " " + strings.TrimPrefix(r.URL.Path, "/2020-01-01/extension/") {
	case "POST register":
		w.Header().Set("Lambda-Extension-Identifier", a.p.id)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"functionName": d.Name, "functionVersion": latest, "handler": d.Handler})
	case "GET event/next":
		select {
		case <-r.Context().Done():
		case <-a.p.dead:
		}
	case "POST init/error", "POST exit/error":
		accept(w)
	default:
		say(w, http.StatusNotFound, "NotFound", r.Method+" "+r.URL.Path+" is not part of this API")
	}
}

func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`+"\n")
}

func say(w http.ResponseWriter, status int, kind, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"errorType": kind, "errorMessage": text})
}
