//go:build !unix

package runtime

// follow reads until the pipe is closed.
func (o *output) follow() {
	for {
		n, err := o.r.Read(o.buf)
		o.mu.Lock()
		o.takeLocked(o.buf[:n])
		o.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// drain cannot ask whether something is in the pipe here; lines written just
// before an answer may be noted after it.
func (o *output) drain() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flushLocked(false)
}

// finish closes the pipe.
func (o *output) finish() {
	o.drain()
	_ = o.r.Close()
}
