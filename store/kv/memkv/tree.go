package memkv

import "hash/maphash"

// node is the root of a treap: ordered by key, and a heap by rank, which is a
// hash of the key. Nodes never change once they can be seen, so whoever has a
// root has a picture of one moment; a change copies the path to it. All
// methods work on nil, the empty tree.
type node struct {
	key         string
	value       []byte
	rank        uint64
	left, right *node
}

// seed makes ranks that whoever chooses keys cannot foresee, or could make a
// tree deep.
type seed struct{ maphash.Seed }

func newSeed() seed { return seed{maphash.MakeSeed()} }

func (s seed) rank(key string) uint64 { return maphash.String(s.Seed, key) }

func (n *node) find(key string) *node {
	for n != nil && n.key != key {
		if key < n.key {
			n = n.left
		} else {
			n = n.right
		}
	}
	return n
}

// with returns the tree with a node added, or replaced.
func (n *node) with(add *node) *node {
	switch {
	case n == nil:
		return add
	case add.rank > n.rank: // so the key is not further down either
		add.left, add.right = n.split(add.key)
		return add
	}
	c := *n
	switch {
	case add.key < n.key:
		c.left = n.left.with(add)
	case add.key > n.key:
		c.right = n.right.with(add)
	default:
		c.value = add.value
	}
	return &c
}

// without returns the tree without the keys from <= key < to.
func (n *node) without(from, to string, bounded bool) *node {
	if bounded && to <= from {
		return n
	}
	left, right := n.split(from)
	if !bounded {
		return left
	}
	_, right = right.split(to)
	return join(left, right)
}

// split returns the trees of the keys below key and of the others.
func (n *node) split(key string) (below, others *node) {
	if n == nil {
		return nil, nil
	}
	c := *n
	if n.key < key {
		c.right, others = n.right.split(key)
		return &c, others
	}
	below, c.left = n.left.split(key)
	return below, &c
}

// join makes one tree of two, all keys of the first being below the second's.
func join(a, b *node) *node {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.rank > b.rank:
		c := *a
		c.right = join(a.right, b)
		return &c
	}
	c := *b
	c.left = join(a, b.left)
	return &c
}

// walk calls f for a range of a tree in order. A walk ends when f says so.
type walk struct {
	from, to string
	bounded  bool
	reverse  bool
	f        func(key, value []byte) (bool, error)
}

func (w *walk) over(n *node) (more bool, err error) {
	if n == nil {
		return true, nil
	}
	below, above := n.key < w.from, w.bounded && n.key >= w.to
	first, last := n.left, n.right
	skipFirst, skipLast := below, above
	if w.reverse {
		first, last, skipFirst, skipLast = last, first, skipLast, skipFirst
	}
	if !skipFirst {
		if more, err = w.over(first); !more || err != nil {
			return more, err
		}
	}
	if !below && !above {
		if more, err = w.f([]byte(n.key), n.value); !more || err != nil {
			return more, err
		}
	}
	if skipLast {
		return true, nil
	}
	return w.over(last)
}
