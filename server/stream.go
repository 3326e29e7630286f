package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"sluice/server/wire"
)

const (
	eventStreamType = "application/vnd.amazon.eventstream"
	// roomyFrame is the largest frame buffer that a stream keeps between
	// events.
	roomyFrame = 256 << 10
	// initialResponse is the kind of the first message of a stream.
	initialResponse = "initial-response"
)

// stream sends events until the room has no more, the client goes, or the
// instance is closed. Events are JSON whatever protocol the request came in:
// no client asks for them in CBOR, and the service itself cannot give them.
//
// There is no queue: while a client does not read, the write blocks and the
// room is not asked for more.
func (x *exchange) stream(ctx context.Context, a attempt, from events) {
	out := &frames{x: x, control: http.NewResponseController(x.w)}
	out.open()
	err := x.forward(ctx, a, from, out)
	x.unfollow() // before the client learns of the end
	x.heed(ctx)
	x.cutStream()
	if err == nil || errors.Is(err, errCut) || ctx.Err() != nil {
		// The end of the body is all that tells the end of the stream.
		return
	}
	f, modelled := wire.FaultOf(a.op.Operation, err)
	if !modelled {
		f = x.faultOf(a.op, err)
	}
	x.event.Error = f.Code
	out.fault(f, modelled)
}

// forward sends each event and returns what ended the stream, nil for an
// orderly end.
func (x *exchange) forward(ctx context.Context, a attempt, from events, out *frames) (err error) {
	defer func() {
		if p := recover(); p != nil {
			x.logPanic(p)
			err = errPanic
		}
	}()
	codec := wire.CodecFor(wire.JSON11)
	for event, err := range from.all() {
		if err != nil {
			return err
		}
		if x.heed(ctx); x.manner.over() {
			return errCut
		}
		kind, payload, err := a.op.plan.EncodeEvent(codec, event)
		if err != nil {
			return err
		}
		if err := out.event(kind, payload); err != nil {
			x.log("a stream was given up by its client", err)
			return nil
		}
		x.lease.End()
		if x.manner.sent++; x.manner.truncate || x.manner.over() {
			return errCut
		}
		if ctx.Err() != nil {
			return nil
		}
	}
	return nil
}

// frames writes event-stream messages, each flushed at once.
type frames struct {
	x       *exchange
	control *http.ResponseController
	buf     []byte
	renewed time.Time // when the deadline was set, for HTTP/2
}

// open sends the head of the answer and the first message, which clients wait
// for before they give the stream to their caller.
func (o *frames) open() {
	o.x.settle(roomyFrame)
	h := o.x.w.Header()
	o.x.stamp(h)
	h.Set("Content-Type", eventStreamType)
	o.x.wrote = true
	o.x.event.Status = http.StatusOK
	o.x.w.WriteHeader(http.StatusOK)
	_ = o.event(initialResponse, []byte("{}"))
}

func (o *frames) event(kind string, payload []byte) error {
	frame := wire.AppendEventFrame(o.buf[:0], kind, plainJSON, payload)
	if m := o.x.manner; m != nil && m.truncate && kind != initialResponse {
		frame = frame[:len(frame)/2]
	}
	return o.send(frame)
}

// fault ends a stream that failed: a modelled error travels as an exception
// that SDKs turn into their typed error, any other as an error message.
func (o *frames) fault(f *wire.Fault, modelled bool) {
	if !modelled {
		_ = o.send(wire.AppendErrorFrame(o.buf[:0], f.Code, f.Message))
		return
	}
	payload, err := json.Marshal(struct {
		Message string `json:"message"`
	}{f.Message})
	if err == nil {
		_ = o.send(wire.AppendExceptionFrame(o.buf[:0], f.Code, plainJSON, payload))
	}
}

// bound has a subscriber that reads nothing lose its stream, after as long as a
// connection may be silent: in HTTP/1.1 the entrance sees to that, in HTTP/2 a
// stream waits without its connection being in a write. That is longer than a
// subscription lasts by itself, so that backpressure is no failure.
func (o *frames) bound() {
	if o.x.r.ProtoMajor != 2 {
		return
	}
	patience := o.x.s.cfg.IdleTimeout
	if now := o.x.s.cfg.Host.Now(); now.Sub(o.renewed) > patience/8 {
		o.renewed = now
		_ = o.control.SetWriteDeadline(now.Add(patience))
	}
}

func (o *frames) send(frame []byte) error {
	o.bound()
	if cap(frame) <= roomyFrame {
		o.buf = frame
	}
	n, err := o.x.send(frame)
	o.x.event.BytesOut += int64(n)
	if err != nil {
		return err
	}
	return o.control.Flush()
}
