// Package delivery turns records into objects of a bucket. It is a library: who
// delivers (a channel of a stream, a delivery stream) reads records and knows
// what they mean, this package knows what is the same for all of them.
//
//	            records                            objects
//	Source ──► Hints, Buffer ──► Body ──► Template ──► Drain ──► Bucket
//	  ▲        when to close     framing, the key      order       │
//	  │                          compression           of steps    ▼
//	  └──────────────── Batch.Commit: the checkpoint ◄──────── it is there
//
// Drain puts the objects of a batch before it stores the batch's checkpoint.
// Whatever fails or dies in between, the batch is made again from the last
// checkpoint: at least once, never less. A source that makes the keys of a
// batch out of its number gives a batch that is made again the same keys, so
// that it replaces what the first attempt left.
//
// Nothing here reads a clock. When a buffer closes and when to try again are
// functions of the times they are given, so all of it happens in service time.
package delivery
