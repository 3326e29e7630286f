package server

import (
	"context"
	"errors"

	"sluice/server/wire"
)

// attempt is a call whose operation and protocol are known.
type attempt struct {
	service *service
	op      *operation
	codec   wire.Codec
	request *wire.Request
}

// perform decodes, checks and runs a call, and answers it. The service looks
// at the grammar of the body first, then at the signature, then at the types
// of the members, then at their constraints.
func (x *exchange) perform(ctx context.Context, a attempt) {
	x.borrow(&a)
	in, notes, err := a.codec.DecodeInput(a.op.plan, a.request)
	x.dropBody()
	bad := decodeFault(err)
	if bad != nil && bad.NoMessage {
		x.fail(a.codec, a.service.Service, bad)
		return
	}
	f := x.scope.fault(a.service.authStatus)
	if f == nil {
		f = x.authenticate(a.service.Service, a.service.authStatus)
	}
	if f != nil {
		x.refuse(a, f)
		return
	}
	if bad != nil {
		x.fail(a.codec, a.service.Service, bad)
		return
	}
	x.event.Resource = a.op.resourceOf(in)
	if f := a.op.plan.Validate(in, notes); f != nil {
		x.fail(a.codec, a.service.Service, f)
		return
	}
	if f := x.permit(a, in); f != nil {
		x.refuse(a, f)
		return
	}
	ctx = x.lend(ctx, a.op)
	ctx, stop := x.follow(ctx, a.op, in)
	defer stop()
	if v := x.judge(ctx, a.op, in); v != nil {
		x.obey(ctx, a, in, v)
		return
	}
	out, err := x.run(ctx, a.op, in)
	x.conclude(ctx, a, out, err)
}

// refuse answers somebody who may not call.
func (x *exchange) refuse(a attempt, f *wire.Fault) {
	if a.codec.Protocol() == wire.Query {
		f = inQuery(f)
	}
	x.fail(a.codec, a.service.Service, f)
}

// conclude answers what a call came to.
func (x *exchange) conclude(ctx context.Context, a attempt, out any, err error) {
	if err != nil {
		x.fail(a.codec, a.service.Service, x.faultOf(a.op, err))
		return
	}
	if stream, ok := out.(events); ok {
		x.stream(ctx, a, stream)
		return
	}
	response := &x.response
	response.Room = x.short[:]
	if err := wire.EncodeInto(response, a.codec, a.op.plan, out); err != nil {
		x.fail(a.codec, a.service.Service, x.faultOf(a.op, err))
		return
	}
	response.SetRequestID(x.id)
	if response.Gathers() {
		x.answerGathered(response)
		return
	}
	x.answer(ctx, response)
}

func decodeFault(err error) *wire.Fault {
	if err == nil {
		return nil
	}
	var f *wire.Fault
	if errors.As(err, &f) {
		return f
	}
	return wire.InternalFailure()
}

// errPanic stands for a panic that was caught and logged.
var errPanic = errors.New("the operation panicked")

// run calls the room. A panic there is this call's failure and nobody else's.
func (x *exchange) run(ctx context.Context, op *operation, in any) (out any, err error) {
	defer func() {
		if p := recover(); p != nil {
			x.logPanic(p)
			err = errPanic
		}
	}()
	return op.call(ctx, in)
}

// faultOf turns what a room returned into what its client sees. Errors that
// are not the service's own are logged, because the client learns nothing.
func (x *exchange) faultOf(op *operation, err error) *wire.Fault {
	f, modelled := wire.FaultOf(op.Operation, err)
	if modelled || errors.Is(err, errPanic) {
		return f
	}
	if x.r.Context().Err() != nil {
		x.log("a call was given up by its client", err)
		return f
	}
	if silent, ok := x.s.watch.repeats.tell(op.Service.ID, op.Name, err, x.s.cfg.Host.Now()); ok {
		x.s.log.Error("an operation failed", "request", x.id, "service", op.Service.ID,
			"operation", op.Name, "error", err, "repeated", silent)
	}
	return f
}

func (x *exchange) log(what string, err error) {
	x.s.log.Debug(what, "request", x.id, "operation", x.event.Operation, "error", err)
}
