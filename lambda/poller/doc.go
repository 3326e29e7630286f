// Package poller runs event source mappings: it reads the shards of a stream,
// hands their records to a function in batches, and keeps the promises Lambda
// makes about order, retries and what becomes of records that fail.
//
//	  Readers  one per process; mappings at the same place of a shard share a read
//	     │  pages
//	  Poller   one per mapping: shards, settings, what is known of them
//	     │
//	  flow     one per shard, pure: driven by the time and by what happened
//	     ├── lane × ParallelizationFactor   batches, retries, bisection, windows
//	     └── tracker                        below which nothing is unfinished
//	     │  jobs
//	Invoker, Failures, Checkpoints  what the room connects
//
// A flow has no clock and no goroutine. It is told what happened (records were
// read, the function answered, a document was delivered) and asked for what
// can be done now and when to ask again. The runner around it (shard.go) does
// the rest: it reads when the flow has room, sets one timer for the next time
// the flow named, and starts a goroutine per invocation.
//
// An idle mapping has no goroutine and no timer. It is woken by the put that
// brings the next record. All waiting is in service time; how long a function
// may run is the business of whoever invokes it.
//
// Delivery is at least once. The checkpoint of a shard is the highest sequence
// number with nothing unfinished below it; it is stored after the batch, so
// what a kill can repeat is the batches that were not finished. A shard begins
// once all its parents are finished and that is stored.
package poller
