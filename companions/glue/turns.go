package glue

import "sync"

// turns makes those who change one thing take turns, and lets a whole catalog
// or database be changed by one alone. Locks are taken from the catalog down,
// so that nobody waits in a circle.
type turns struct {
	mu   sync.Mutex
	busy map[string]*turn
}

type turn struct {
	sync.RWMutex
	users int
}

func (t *turns) use(key string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.busy == nil {
		t.busy = map[string]*turn{}
	}
	one := t.busy[key]
	if one == nil {
		one = &turn{}
		t.busy[key] = one
	}
	one.users++
	return one
}

func (t *turns) leave(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	one := t.busy[key]
	if one.users--; one.users == 0 {
		delete(t.busy, key)
	}
}

// alone waits for the turn of a catalog, of a database in it or of a table in
// that, and returns what ends it. What is above is shared with others.
func (c *Catalog) alone(k catalogKey, names ...string) (done func()) {
	path := k.account + "\x00" + k.region
	var ends []func()
	for depth := 0; ; depth++ {
		key := path
		one := c.turns.use(key)
		last := depth == len(names)
		if last {
			one.Lock()
			ends = append(ends, func() { one.Unlock(); c.turns.leave(key) })
			break
		}
		one.RLock()
		ends = append(ends, func() { one.RUnlock(); c.turns.leave(key) })
		path += "\x00" + names[depth]
	}
	return func() {
		for i := len(ends) - 1; i >= 0; i-- {
			ends[i]()
		}
	}
}
