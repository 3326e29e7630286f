package pebblelog

// Busy streams.
//
// A single record of some hundred bytes that becomes a row of its own is cheap to
// acknowledge and dear afterwards: it is copied into the memtable, written to a
// file of values, and its key is merged. While tables are written, puts wait for
// the processor and the disk. In a bundle it is written to pages that the kernel
// has at hand, next to those of others who wait (ring.Write), and becomes part of a
// block of 64 KiB in the payload file.
//
// That pays where many records of a stream wait to be spread. Ten thousand streams
// with a few records each would have a commit and a file for each of those. So
// only streams with a good part of all traffic are busy: at most shares of them.
//
// Where durability costs an fsync, there would be two for each group of
// puts instead of one, and the tables are not what they wait for.

// shares is how many streams can be busy.
const shares = 16

// traffic is how much is appended to a stream.
type traffic struct {
	since, bytes int64 // what all streams had when the window began, and this one in it
	busy         bool  // it had its share of the window before
}

// busy counts an append to a stream, whose mu is held, and tells whether it is to
// be bundled for the stream's sake.
func (l *Log) busy(st *stream, size int) bool {
	t := &st.traffic
	t.bytes += int64(size)
	all := l.appended.Add(int64(size))
	if window := all - t.since; window >= int64(l.bundling.Window) {
		*t = traffic{since: all, busy: t.bytes*shares >= window}
	}
	return t.busy && size >= l.bundling.SmallBytes && !l.engine.Place().Synced
}
