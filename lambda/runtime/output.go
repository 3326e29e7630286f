package runtime

import (
	"bytes"
	"os"
	"sync"
)

// output makes lines of what a process writes.
type output struct {
	r    *os.File
	line func(text string)

	mu      sync.Mutex // held while something is read and made lines of
	buf     []byte
	partial []byte // a line whose end is not there yet
}

func newOutput(r *os.File, line func(string)) *output {
	return &output{r: r, line: line, buf: make([]byte, 32<<10)}
}

func (o *output) takeLocked(chunk []byte) {
	for len(chunk) > 0 {
		end := bytes.IndexByte(chunk, '\n')
		if end < 0 {
			end = len(chunk)
		}
		o.partial = append(o.partial, chunk[:end]...)
		if end < len(chunk) || len(o.partial) >= maxLine {
			o.flushLocked(true)
		}
		chunk = chunk[min(end+1, len(chunk)):]
	}
}

// flushLocked ends the line at hand; an empty one only when it had an end.
func (o *output) flushLocked(ended bool) {
	if !ended && len(o.partial) == 0 {
		return
	}
	for {
		n := min(len(o.partial), maxLine)
		o.line(string(bytes.ToValidUTF8(bytes.TrimSuffix(o.partial[:n], []byte("\r")), []byte("\uFFFD"))))
		if o.partial = o.partial[n:]; len(o.partial) == 0 {
			break
		}
	}
	o.partial = o.partial[:0]
}
