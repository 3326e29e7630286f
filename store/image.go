package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"sluice/internal/must"
	"sluice/store/blob"
	"sluice/store/kv"
	"sluice/store/kv/memkv"
	"sluice/store/log"
	"sluice/store/log/memlog"
	"sluice/store/log/pebblelog"
)

// Image is a store in memory at one moment. It is never changed, and shares
// its records with the store it was taken of.
type Image struct {
	logs   map[string][]log.Contents
	values map[string]map[string]kv.Value
	pairs  map[string]*memkv.Picture
	bodies map[string]map[blob.ID]*blob.Held
}

// Image takes an image of a store in memory while it goes on. All of it is
// one moment, and it costs nothing per record.
func (s *Store) Image() *Image {
	must.Hold(s.options.Memory, "an image of a store on disk")
	s.mu.Lock()
	defer s.mu.Unlock()
	// Nobody holds one of these locks and waits for another.
	for _, l := range s.logs {
		defer l.(*memlog.Log).Pause()()
	}
	for _, space := range s.memory {
		defer space.Pause()()
	}
	for _, space := range s.ordered {
		defer space.(*memkv.Ordered).Pause()()
	}
	for _, b := range s.bodies {
		defer b.(*blob.Memory).Pause()()
	}
	i := newImage()
	for name, l := range s.logs {
		i.logs[name] = l.(*memlog.Log).Contents()
	}
	for name, space := range s.memory {
		i.values[name] = space.Values()
	}
	for name, space := range s.ordered {
		i.pairs[name] = space.(*memkv.Ordered).Picture()
	}
	for name, b := range s.bodies {
		i.bodies[name] = b.(*blob.Memory).Bodies()
	}
	return i
}

func newImage() *Image {
	return &Image{
		logs: map[string][]log.Contents{}, values: map[string]map[string]kv.Value{}, pairs: map[string]*memkv.Picture{},
		bodies: map[string]map[blob.ID]*blob.Held{},
	}
}

// Open opens a store in memory that begins as the image is.
func (i *Image) Open(o Options) (*Store, error) {
	o.Memory = true
	s, err := Open(o)
	if err != nil {
		return nil, err
	}
	for name, contents := range i.logs {
		s.logs[name] = memlog.Load(o.Now, contents)
	}
	for name, values := range i.values {
		s.remember(name, memkv.Load(values))
	}
	for name, picture := range i.pairs {
		s.ordered[name] = memkv.LoadOrdered(picture)
	}
	for name, bodies := range i.bodies {
		s.bodies[name] = blob.NewMemory(bodies)
	}
	return s, nil
}

// Bytes is the size of all keys and values: an answer, not a promise.
func (i *Image) Bytes() (n int64) {
	for _, contents := range i.logs {
		for _, c := range contents {
			for r := range c.Records {
				n += int64(len(c.Records[r].PartitionKey) + len(c.Records[r].Data))
			}
		}
	}
	for _, values := range i.values {
		for key, v := range values {
			n += int64(len(key) + len(v.State))
		}
	}
	for _, picture := range i.pairs {
		_ = picture.All(func(key string, value []byte) error { n += int64(len(key) + len(value)); return nil })
	}
	for _, bodies := range i.bodies {
		for _, b := range bodies {
			n += b.Size()
		}
	}
	return n
}

// Pairs gives all that the image holds as keys and values of the layout on
// disk, Format, in the same order each time, so that two exports of an image
// are the same file. What put is given is its to keep.
func (i *Image) Pairs(put func(key, value []byte) error) error {
	for _, name := range slices.Sorted(maps.Keys(i.logs)) {
		for _, c := range i.logs[name] {
			if err := pebblelog.Rows(clean(name), c, put); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(i.values)) {
		for _, key := range slices.Sorted(maps.Keys(i.values[name])) {
			v := i.values[name][key]
			value := binary.AppendUvarint(make([]byte, 0, len(v.State)+8), v.Version)
			if err := put(layoutKey(kindValue, name, key), append(value, v.State...)); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(i.pairs)) {
		err := i.pairs[name].All(func(key string, value []byte) error {
			return put(layoutKey(kindPair, name, key), slices.Clone(value))
		})
		if err != nil {
			return err
		}
	}
	return i.bodyPairs(put)
}

func (i *Image) bodyPairs(put func(key, value []byte) error) error {
	for _, name := range slices.Sorted(maps.Keys(i.bodies)) {
		for _, id := range slices.Sorted(maps.Keys(i.bodies[name])) {
			err := i.bodies[name][id].Pieces(id, func(id blob.ID, off int64, piece []byte) error {
				return put(bodyKey(name, id, off), piece)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// kindValue and kindPair begin the keys of catalogs and spaces, as kv/pebblekv
// writes them; those of logs begin otherwise.
const (
	kindValue byte = 'c'
	kindPair  byte = 's'
)

func layoutKey(kind byte, namespace, key string) []byte {
	k := append([]byte{kind}, clean(namespace)...)
	return append(append(k, 0), key...)
}

// ErrPair means that a key and value are none of a store's.
var ErrPair = errors.New("not an entry of a store")

// split takes a key apart: its kind, its namespace, and the rest.
func split(key []byte) (kind byte, namespace string, rest []byte, err error) {
	for i := 1; i < len(key); i++ {
		if key[i] == 0 {
			return key[0], string(key[1:i]), key[i+1:], nil
		}
	}
	return 0, "", nil, fmt.Errorf("%w: a key without a namespace", ErrPair)
}

// CheckPair tells whether a key and its value could have been written by a
// store of this Format, so that whoever reads them later is safe.
func CheckPair(key, value []byte) error {
	kind, _, rest, err := split(key)
	if err != nil {
		return err
	}
	switch kind {
	case kindPair:
		return nil // any bytes; the room that reads them checks them
	case kindBody:
		return checkBody(rest, value)
	}
	if kind != kindValue {
		if err := pebblelog.Check(kind, rest, value); err != nil {
			return fmt.Errorf("%w: %w", ErrPair, err)
		}
		return nil
	}
	if version, n := binary.Uvarint(value); n <= 0 || version == 0 || len(rest) == 0 {
		return fmt.Errorf("%w: a value of %q", ErrPair, rest)
	}
	return nil
}

// Gatherer makes an image of pairs, in any order.
type Gatherer struct {
	image *Image
	logs  map[string]*pebblelog.Gatherer
}

// Add takes a pair that CheckPair accepts, and keeps it.
func (g *Gatherer) Add(key, value []byte) error {
	if g.image == nil {
		g.image, g.logs = newImage(), map[string]*pebblelog.Gatherer{}
	}
	kind, namespace, rest, err := split(key)
	if err != nil {
		return err
	}
	if kind == kindPair {
		if g.image.pairs[namespace] == nil {
			g.image.pairs[namespace] = memkv.NewPicture()
		}
		g.image.pairs[namespace].Add(rest, value)
		return nil
	}
	if kind == kindBody {
		return g.addBody(namespace, rest, value)
	}
	if kind != kindValue {
		if g.logs[namespace] == nil {
			g.logs[namespace] = &pebblelog.Gatherer{}
		}
		return g.logs[namespace].Add(kind, rest, value)
	}
	version, n := binary.Uvarint(value)
	if n <= 0 {
		return ErrPair
	}
	if g.image.values[namespace] == nil {
		g.image.values[namespace] = map[string]kv.Value{}
	}
	g.image.values[namespace][string(rest)] = kv.Value{Version: version, State: value[n:len(value):len(value)]}
	return nil
}

func (g *Gatherer) addBody(namespace string, rest, piece []byte) error {
	bodies := g.image.bodies[namespace]
	if bodies == nil {
		bodies = map[blob.ID]*blob.Held{}
		g.image.bodies[namespace] = bodies
	}
	id, off := readBodyKey(rest)
	if bodies[id] == nil {
		bodies[id] = &blob.Held{}
	}
	if !bodies[id].Gather(off, piece) {
		return fmt.Errorf("%w: a piece of a body is out of place", ErrPair)
	}
	return nil
}

// Image returns what was gathered.
func (g *Gatherer) Image() (*Image, error) {
	if g.image == nil {
		return newImage(), nil
	}
	for namespace, logs := range g.logs {
		contents, err := logs.Contents()
		if err != nil {
			return nil, err
		}
		g.image.logs[namespace] = contents
	}
	return g.image, nil
}
