// Package wire turns bytes into API shapes and back. It knows the protocols
// (awsJson 1.0 and 1.1, AWS CBOR 1.1, Smithy RPC-v2-CBOR, restJson1, awsQuery
// and event-stream frames) and the constraints of the public API models; it
// knows no room, no stream and no server, and keeps nothing between calls.
//
// The way of a request:
//
//	plan, err := wire.Compile(op, inType, outType)   // once, when a room is mounted
//	codec := wire.CodecFor(wire.JSON11)
//	in, notes, err := codec.DecodeInput(plan, request)  // grammar, then member types
//	fault := plan.Validate(in, notes)                   // constraints, all failures at once
//	...
//	response, err := codec.EncodeOutput(plan, out)      // or codec.EncodeFault(service, fault, id)
//
// The shapes are the AWS SDK's own Go structs. They are read and written by
// plans that are compiled once per type and reach members by their offset, so
// that no reflection happens per value; encoding/json must never see a shape
// (times, nil and ResultMetadata would come out wrong).
//
// Everything that is read here comes from the network: every length, depth and
// count is bounded, and no input may panic.
package wire
