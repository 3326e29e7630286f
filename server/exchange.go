package server

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"sluice/internal/caller"
	"sluice/internal/page"
	"sluice/server/wire"
)

// exchange is one request on its way through the door.
type exchange struct {
	s      *Server
	w      http.ResponseWriter
	r      *http.Request
	id     string
	start  time.Time // host time, as asked
	asked  time.Time // when the request was there as a whole
	scope  scope
	origin string // of the web page that calls, once it is allowed
	longID bool   // answers carry x-amz-id-2, as the JSON protocols do
	event  event
	ending context.Context // ends when the instance begins to close
	manner *manner         // how the answer travels, nil for as fast and whole as it can
	orders *orders         // about a stream that runs, nil for other answers

	found    *Credential      // of the key that the request names, nil for none
	bodyHash string           // of the body as it travelled, when signatures are checked
	identity *caller.Identity // whom the signature has proved, nil before and where none is checked

	body   *[]byte    // pooled
	share  int64      // of the budget
	shares []int64    // what share was claimed in
	few    [1]int64   // what most requests have of them
	lease  page.Lease // of what the answer points to
	wrote  bool       // the head of the answer is out
	whole  bool       // the body was read to its end

	single [3]string // values of headers that every answer has

	// Parts of an exchange that would be pieces of memory of their own.
	context  callContext
	call     call
	response wire.Response
	short    [192]byte       // for the body of a short answer
	memory   *wire.PutMemory // pooled; what the input was read into
	blobs    *[]byte         // pooled; its payloads
}

func (s *Server) begin(w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{s: s, w: w, r: r, id: s.cfg.Dice.UUID().String(), start: s.cfg.Host.Now(), longID: true}
	x.asked = x.start
	x.shares = x.few[:0]
	x.event.ID, x.event.At = x.id, x.start
	x.event.BytesIn = max(0, r.ContentLength)
	return x
}

// end gives back what the exchange holds and records it. It must be deferred
// directly, because it also catches the panics of the door itself.
func (x *exchange) end() {
	p := recover()
	if p != nil && p != http.ErrAbortHandler { //nolint:errorlint // the very value net/http compares with
		x.logPanic(p)
		if !x.wrote {
			x.reply(http.StatusInternalServerError, nil, nil)
		}
	}
	x.boundRest()
	x.dropBody()
	x.lease.End()
	x.giveMemory()
	x.giveShares(0)
	x.event.Duration = x.s.cfg.Host.Now().Sub(x.start)
	x.s.watch.record(&x.event)
	if p == http.ErrAbortHandler || p != nil && x.wrote && x.event.Status == http.StatusOK {
		// The answer is broken off, which only a broken connection can tell.
		panic(http.ErrAbortHandler)
	}
}

func (x *exchange) logPanic(p any) {
	x.s.log.Error("a panic was caught", "request", x.id, "service", x.event.Service,
		"operation", x.event.Operation, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
}

// head fills in the head of an answer. Values of header are taken over.
func (x *exchange) head(status int, header http.Header, length int) {
	x.settle(length)
	h := x.w.Header()
	for name, values := range header {
		h[name] = values
	}
	x.stamp(h)
	if _, typed := h["Content-Type"]; !typed {
		h["Content-Type"] = nil // keeps net/http from guessing one
	}
	if status != http.StatusNoContent {
		x.single[2] = strconv.Itoa(length)
		h["Content-Length"] = x.single[2:3:3]
	}
	x.wrote = true
	x.event.Status = status
}

// reply writes a whole answer. Values of header are taken over.
func (x *exchange) reply(status int, header http.Header, body []byte) {
	if x.replyPlainly(status, header, body) {
		return
	}
	x.head(status, header, len(body))
	x.event.BytesOut += int64(len(body))
	if x.manner != nil {
		x.deliver(status, body)
		return
	}
	x.w.WriteHeader(status)
	if len(body) > 0 {
		_, _ = x.w.Write(body) // a client that has gone needs no answer
	}
}

// replyPlainly writes what nearly all answers of the lane are: of a type, with the
// headers that every answer has. It reports whether this was one.
func (x *exchange) replyPlainly(status int, header http.Header, body []byte) bool {
	lane, ok := x.w.(*laneAnswer)
	typed := header["Content-Type"]
	if !ok || x.manner != nil || x.origin != "" || len(header) != 1 || len(typed) != 1 || len(lane.header) > 0 || lane.sent || status != http.StatusOK {
		return false
	}
	x.settle(len(body))
	x.wrote, x.event.Status = true, status
	x.event.BytesOut += int64(len(body))
	var random []byte
	if x.longID {
		var room [randomBytes]byte
		random = room[:]
		_, _ = x.s.cfg.Dice.Read(random)
	}
	lane.whole(typed[0], x.id, random, body)
	return true
}

// randomBytes is how many bytes make an x-amz-id-2.
const randomBytes = 72

// stamp adds the headers that every answer carries. The service spells them
// this way, so the map is written without canonical names.
func (x *exchange) stamp(h http.Header) {
	x.single[0] = x.id
	h["x-amzn-RequestId"] = x.single[:1:1]
	if x.longID {
		var random [randomBytes]byte
		_, _ = x.s.cfg.Dice.Read(random[:])
		x.single[1] = base64.StdEncoding.EncodeToString(random[:])
		h["x-amz-id-2"] = x.single[1:2:2]
	}
	x.stampOrigin(h)
}

// fail answers with an error in the protocol of codec.
func (x *exchange) fail(codec wire.Codec, svc *wire.Service, f *wire.Fault) {
	x.event.Error = f.Code
	response := codec.EncodeFault(svc, f, x.id)
	x.reply(response.Status, response.Header, response.Body)
}

// replyXML answers in the form the service uses when it does not know the
// protocol of the caller.
func (x *exchange) replyXML(status int, code, message string) {
	x.event.Error = code
	body := "<" + code + "/>\n"
	if message != "" {
		body = "<" + code + ">\n  <Message>" + message + "</Message>\n</" + code + ">\n"
	}
	x.reply(status, nil, []byte(body))
}

// refuseUnnamed is the answer to a request that names no operation at all.
func (x *exchange) refuseUnnamed() {
	x.replyXML(http.StatusForbidden, "AccessDeniedException",
		"Unable to determine service/operation name to be authorized")
}
