// Package shards is Kinesis Data Streams.
//
//	             op_*.go      one method of *Streams per operation
//	                │
//	  resolve ──────┤  name or ARN, account and region of the caller
//	                ▼
//	   ┌──────── stream ─────────┐   one atomic load gives a request all it needs
//	   │ view: state + layout    │   state: what is stored   layout: the shard map
//	   │        └─ shards ─ tail │   tail: durable tip and who waits for it
//	   └───┬─────────────────┬───┘
//	change │                 │ put, get, subscribe
//	       ▼                 ▼
//	 Catalog (store/kv)   Log (store/log)
//	 commands + Apply     positions; sequence numbers are made from them
//
// A put loads the view, routes by hash key, appends once, waits for the commit
// with no lock held and moves the tips. A read never goes past a tip, and a
// tip only covers records that are as durable as promised. A subscription
// sleeps on the tail and is woken by the put.
//
// Limits per time are token buckets over service time (throttle.go for shards,
// calls.go for the control plane, pace.go for fan-out). They live in a shard's
// meter with what is counted about it (stats.go, sketch.go), which exists from
// the shard's first traffic on; the heat report, the metrics and the scaler
// read it.
//
// A change of a stream is a command: check it on the view, propose it with the
// view's version, show what came of it. Changes that take a while are stored
// with the time they are due (transition.go); the service clock lands them,
// after a restart too. Reshards are one of them (reshard.go).
//
// Streams that scale are looked at by scaler.go, which asks the pure function of
// scale.go what to do and carries it out as a reshard. Nothing ticks: a look is
// planned by the put that makes it necessary, or for when a merge may be due.
//
// Channels deliver a stream to a bucket. Their buffer is the log: a put plans when
// what waits is due (channel_pump.go), the delivery reads on from the last
// checkpoint, parents before children, and makes objects (channel_source.go) with
// the library delivery, whose interface of a bucket the assembly fills. A channel
// is an entity of its own beside its stream (channel.go, channel_commands.go).
//
// # How an operation is added
//
// Write op_<name>.go with a header (prose, then the lines State, Notes, Test)
// and op_<name>_test.go; op_delete_stream.go shows the form. The blocks:
//
//   - s.admitCall(ctx, "<Name>", rate, name, arn) comes first: every operation of the
//     control plane has a rate, and TestCallRates wants to know it.
//   - st, err := s.resolve(ctx, in.StreamName, in.StreamARN) finds the stream or
//     answers as the service does; st.view.Load() is all about it, read only.
//   - s.change(ctx, st, func(v *view, now time.Time) (command, error)) changes
//     it: refuse with an error from errors.go, or return a command, or nil when
//     nothing is to do. The function may run twice and must not block.
//     v.active() and errNotActive guard against changes under way.
//   - A command is a type with kind and apply beside the operation and a line
//     in commandOf. It changes only the state it is given. New stored members
//     go into streamState with omitempty.
//   - s.updating(now, first, then) wraps commands for UPDATING: first (or nil)
//     takes effect at once, then (or nil) when the transition is over. Consumers
//     have a status and a due time of their own: set both, landConsumer does
//     the rest. s.due says when.
//   - Tokens: s.sealer.seal(kind, scope, payload) and open; the payload is
//     written with fields and begins with the time it was made.
//   - Accounts: s.commitment and s.use; the stored form is accountState.
//   - Tests: open(t) gives a room over memory with a clock the test moves.
package shards
