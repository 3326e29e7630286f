package snapshot

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"sluice/store"
)

// maxInMemory bounds what a file may unpack to where it is kept in memory.
const maxInMemory = 2 << 30

// memory keeps snapshots as images, for stores in memory. They are gone with
// the process.
type memory struct {
	options store.Options
	mu      sync.Mutex
	kept    map[string]image // guarded by mu
}

type image struct {
	Document
	*store.Image
}

// InMemory returns a shelf for stores that are opened with options.
func InMemory(options store.Options) Shelf {
	return &memory{options: options, kept: map[string]image{}}
}

// Save implements Shelf.
func (m *memory) Save(st *store.Store, name string, times func() (created, service time.Time)) (Document, error) {
	if err := checkName(name); err != nil {
		return Document{}, err
	}
	kept := image{Image: st.Image()}
	created, service := times()
	kept.Document = Document{Name: name, Created: created, ServiceTime: service, Bytes: kept.Image.Bytes(), Format: store.Format}
	return kept.Document, m.keep(kept)
}

func (m *memory) keep(kept image) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := checkFree(kept.Name, m.documents()); err != nil {
		return err
	}
	m.kept[kept.Name] = kept
	return nil
}

// documents lists all by name. mu is held.
func (m *memory) documents() []Document {
	all := make([]Document, 0, len(m.kept))
	for kept := range maps.Values(m.kept) {
		all = append(all, kept.Document)
	}
	slices.SortFunc(all, func(a, b Document) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// List implements Shelf.
func (m *memory) List() ([]Document, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.documents(), nil
}

func (m *memory) get(name string) (image, error) {
	if err := checkName(name); err != nil {
		return image{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	kept, ok := m.kept[name]
	if !ok {
		return image{}, notFound(name)
	}
	return kept, nil
}

// Delete implements Shelf.
func (m *memory) Delete(name string) (Document, error) {
	kept, err := m.get(name)
	if err != nil {
		return Document{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.kept, name)
	return kept.Document, nil
}

// Stage implements Shelf.
func (m *memory) Stage(name string) (Staged, error) {
	kept, err := m.get(name)
	if err != nil {
		return nil, err
	}
	st, err := kept.Open(m.options)
	return stagedImage{kept.Document, st}, err
}

// Export implements Archive.
func (m *memory) Export(name string, w io.Writer) error {
	kept, err := m.get(name)
	if err != nil {
		return err
	}
	return write(w, kept.Document, kept.Pairs)
}

// Import implements Archive.
func (m *memory) Import(name string, r io.Reader) (Document, error) {
	if err := checkName(name); err != nil {
		return Document{}, err
	}
	kept, err := readImage(r)
	if err != nil {
		return Document{}, err
	}
	kept.Name = name
	return kept.Document, m.keep(kept)
}

func readImage(r io.Reader) (image, error) {
	var g store.Gatherer
	size := 0
	doc, err := read(r, func(key, value []byte) error {
		if size += len(key) + len(value); size > maxInMemory {
			return &Error{Kind: NoSpace, Message: fmt.Sprintf("the file holds more than %d MiB, too much for memory", maxInMemory>>20),
				Advice: "import it where --data is used"}
		}
		return g.Add(key, value)
	})
	if err != nil {
		return image{}, err
	}
	i, err := g.Image()
	if err != nil {
		return image{}, damaged("its entries do not fit together", err)
	}
	return image{doc, i}, nil
}

// OpenFile opens a file as a new store in memory, that of options.
func OpenFile(options store.Options, r io.Reader) (*store.Store, error) {
	kept, err := readImage(r)
	if err != nil {
		return nil, err
	}
	return kept.Open(options)
}

// stagedImage is a new store in memory; the former one is its user's to keep.
type stagedImage struct {
	doc Document
	st  *store.Store
}

func (s stagedImage) Document() Document { return s.doc }

func (s stagedImage) Adjust(change func(*store.Store) error) error { return change(s.st) }

func (s stagedImage) Open() (*store.Store, error) { return s.st, nil }

func (s stagedImage) TakeBack() error { return nil }

func (s stagedImage) Drop() error { return nil }
