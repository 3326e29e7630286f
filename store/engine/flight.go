package engine

// begin says that a commit is under way until acknowledge is called.
func (g *guard) begin() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.flying = true
	g.flights++
}

// decided waits until no commit may come to nothing of which a table has a part
// that is about to be made durable: nothing takes back what is in a table.
// A memtable is closed before it is written as a table, so that is the commit
// under way. One that waits for memory has none of it yet (see queue.shares), and
// would wait for ever.
func (g *guard) decided() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for n := g.flights; g.flying && g.flights == n && !g.stalling && g.err == nil; {
		g.landed.Wait()
	}
	return g.err
}
