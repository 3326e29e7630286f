package doctor

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cockroachdb/errors/oserror"

	"sluice/store/engine"
	"sluice/store/log/pebblelog"
)

// lostFile is a file beside the database, of records or a ring of bundles, of
// which something that the database names cannot be read.
type lostFile struct {
	ring   bool
	first  pebblelog.Spot // that cannot be read
	err    error
	pieces int
	end    int64 // behind everything that is named and cannot be read
	logs   map[string]*lostLog
	// unnamed are pieces of bundles of which nobody can tell what records they
	// hold, by stream.
	unnamed map[string]int
}

// lostLog is what a log has lost.
type lostLog struct {
	name   string
	spans  []span
	stream uint64
	shard  uint32
}

// span are records, from a position up to another.
type span struct{ first, last int64 }

// loseBeside notes that what a pair names beside the database cannot be read.
func (d *database) loseBeside(whole *pebblelog.Whole, spot pebblelog.Spot, key, value []byte, err error) {
	d.losses.keys[string(key)] = true
	f := d.beside[spot.Path]
	if f == nil {
		f = &lostFile{ring: key[0] == 'w', first: spot, err: err, logs: map[string]*lostLog{}, unnamed: map[string]int{}}
		d.beside[spot.Path] = f
	}
	f.pieces++
	f.end = max(f.end, spot.To)
	namespace := string(key[1:bytes.IndexByte(key, 0)])
	named, all := whole.Named(key, value)
	for _, s := range named {
		f.lose(namespace, s)
		d.losses.goOnAt(s.Row, s.Last+1)
	}
	if !f.ring {
		return
	}
	// Which logs a bundle was of, and how far, is only what it says itself.
	d.losses.blindOf["l"+string(key[1:len(key)-8])] = true
	if !all {
		what, _, _ := describe(key)
		f.unnamed[what]++
	}
}

// lose notes records.
func (f *lostFile) lose(namespace string, s pebblelog.Stretch) {
	l := f.logs[string(s.Row)]
	if l == nil {
		l = &lostLog{name: fmt.Sprintf("%v of %s", s.ID, namespace), stream: s.ID.Stream, shard: s.ID.Shard}
		f.logs[string(s.Row)] = l
	}
	l.spans = append(l.spans, span{s.First, s.Last})
}

// String tells of all records, neighbours together.
func (l *lostLog) String() string {
	slices.SortFunc(l.spans, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	var joined []span
	for _, s := range l.spans {
		if n := len(joined); n > 0 && s.first <= joined[n-1].last+1 {
			joined[n-1].last = max(joined[n-1].last, s.last)
			continue
		}
		joined = append(joined, s)
	}
	texts := make([]string, len(joined))
	for i, s := range joined {
		if texts[i] = fmt.Sprintf("%d to %d", s.first, s.last); s.first == s.last {
			texts[i] = fmt.Sprint(s.first)
		}
	}
	return fmt.Sprintf("records %s of %s", strings.Join(texts, ", "), l.name)
}

// lines tells of everything that is lost with a file.
func (f *lostFile) lines() (all []string) {
	logs := slices.SortedFunc(maps.Values(f.logs), func(a, b *lostLog) int {
		return cmp.Or(cmp.Compare(a.stream, b.stream), cmp.Compare(a.shard, b.shard), cmp.Compare(a.name, b.name))
	})
	for _, l := range logs {
		all = append(all, l.String())
	}
	for _, what := range slices.Sorted(maps.Keys(f.unnamed)) {
		all = append(all, fmt.Sprintf("%s, %d times, of whose records nobody can tell which they are", what, f.unnamed[what]))
	}
	return all
}

// tellBeside tells of files beside the database.
func (x *examination) tellBeside(d *database) {
	for _, path := range slices.Sorted(maps.Keys(d.beside)) {
		f := d.beside[path]
		what := "a file of records"
		if f.ring {
			what = "a ring, which holds the newest appends to many logs,"
		}
		x.find(Finding{File: x.fs.PathJoin(d.dir, strings.TrimPrefix(path, x.path(d.dir))), Severity: Damage,
			What: what + " " + x.how(path, f), Loses: f.lines(), Repair: copied})
	}
}

// how says what is wrong with a file beside the database.
func (x *examination) how(path string, f *lostFile) string {
	info, err := x.fs.Stat(path)
	switch {
	case oserror.IsNotExist(err):
		return "is missing"
	case err != nil:
		return "cannot be read: " + oneLine(err)
	case info.Size() < f.end:
		return fmt.Sprintf("is cut short: it has %d bytes of at least %d", info.Size(), f.end)
	case engine.IsDamage(f.err):
		return fmt.Sprintf("is damaged: %d pieces are not what was written, the first of them %d bytes at %d", f.pieces, f.first.To-f.first.From, f.first.From)
	}
	return "cannot be read: " + oneLine(f.err)
}
