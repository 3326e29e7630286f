// Package firehose is Amazon Data Firehose: delivery streams that gather
// records in buffers, change them on the way, and put them down as objects of a
// bucket.
//
//	put ──► log of the stream ──► buffer closes ──► pipeline ──► objects
//	        durable, acknowledged  size or age       steps        Sink
//	                 ▲                                              │
//	                 └───────────── position: they are there ◄──────┘
//
// The buffer is the log itself: a put writes records there and plans when they
// are due; a delivery reads them from the stored position on, makes objects of
// them, and stores the position after. A server that is killed in between makes
// the same objects once more. Nothing waits in memory, and a stream nobody
// writes to costs nothing, however far the clock is moved.
//
// Control operations take the stream's lock, decide on its stored state, write
// it, and only then show it. All times are service time.
package firehose
