package doctor

import (
	"errors"
	"fmt"
	stdlog "log"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"sluice/internal/torture"
	"sluice/store"
	"sluice/store/blob"
	"sluice/store/kv"
	"sluice/store/log"
	"sluice/store/log/logtest"
)

// damages are what can happen to a file.
func damages() map[string]func(path string, size int64, dice *rand.Rand) error {
	overwrite := func(path string, at int64, b []byte) error {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteAt(b, at)
		return errors.Join(err, f.Close())
	}
	return map[string]func(string, int64, *rand.Rand) error{
		"cut short": func(path string, size int64, dice *rand.Rand) error { return os.Truncate(path, dice.Int64N(size)) },
		"emptied":   func(path string, _ int64, _ *rand.Rand) error { return os.Truncate(path, 0) },
		"a flipped bit": func(path string, size int64, dice *rand.Rand) error {
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			at := dice.Int64N(size)
			return overwrite(path, at, []byte{raw[at] ^ 1<<dice.IntN(8)})
		},
		"zeroed": func(path string, size int64, dice *rand.Rand) error {
			at := dice.Int64N(size)
			return overwrite(path, at, make([]byte, min(size-at, 4096)))
		},
		"missing": func(path string, _ int64, _ *rand.Rand) error { return os.Remove(path) },
	}
}

// kindsOf are the files of a folder, by kind.
func kindsOf(dir string) (map[string][]string, error) {
	kinds := map[string][]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		kind, rel := "", strings.TrimPrefix(path, dir+"/")
		switch name := d.Name(); {
		case strings.HasPrefix(rel, "snapshots/mine/snapshot.json"):
			kind = "the document of a snapshot"
		case strings.HasPrefix(rel, "snapshots/"):
			if strings.HasPrefix(name, "MANIFEST-") {
				kind = "the manifest of a snapshot"
			} else if strings.HasSuffix(name, ".sst") {
				kind = "a table of a snapshot"
			} else if strings.Contains(rel, "/records/") {
				kind = "a file of records of a snapshot"
			}
		case strings.HasPrefix(rel, "pebble/records/"):
			kind = "a file of records"
		case strings.HasPrefix(rel, "pebble/bodies/"):
			kind = "a body"
		case rel == "FORMAT":
			kind = "FORMAT"
		default:
			for suffix, k := range map[string]string{".sst": "a table", ".blob": "a file of values", ".log": "a log"} {
				if strings.HasSuffix(name, suffix) {
					kind = k
				}
			}
			if strings.HasPrefix(name, "MANIFEST-") {
				kind, kinds["a manifest"] = "a manifest", nil // the newest is in force
			}
		}
		if info, err := d.Info(); kind != "" && err == nil && info.Size() > 0 {
			kinds[kind] = append(kinds[kind], path)
		}
		return nil
	})
	return kinds, err
}

type tally map[string]int

func (s tally) String() string {
	var parts []string
	for _, k := range slices.Sorted(func(yield func(string) bool) {
		for k := range s {
			if !yield(k) {
				return
			}
		}
	}) {
		parts = append(parts, fmt.Sprintf("%s %d", k, s[k]))
	}
	return strings.Join(parts, ", ")
}

// TestDamage damages a file of every kind in every way: what is served is what
// was written, the examination names the file, and a repair leaves what it said
// it would leave, in a folder with which nothing is wrong.
func TestDamage(t *testing.T) {
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(loud{t}, nil)))
	defer func() {
		slog.SetDefault(before)
		stdlog.SetOutput(os.Stderr) // which that does not give back
	}()
	sum := tally{}
	plan := torture.Plan{Harness: "damaged files", Test: "TestDamage ./store/doctor", Seeds: 60, Limit: 5 * time.Second}
	plan.Play(t, func(seed uint64) error {
		dir, err := os.MkdirTemp(t.TempDir(), "torture-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		return playDamage(dir, seed, sum)
	}, sum.String)
}

func playDamage(dir string, seed uint64, sum tally) error {
	p, err := newPatient(dir, seed, []store.Durability{store.Process, store.Disk}[seed%2])
	if err != nil {
		return err
	}
	kinds, err := kindsOf(p.dir)
	if err != nil {
		return err
	}
	names, ways := sortedKeys(kinds), damages()
	kind, way := names[p.dice.IntN(len(names))], sortedKeys(ways)[p.dice.IntN(len(ways))]
	path := kinds[kind][p.dice.IntN(len(kinds[kind]))]
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := ways[way](path, info.Size(), p.dice); err != nil {
		return err
	}
	sum[kind]++
	p.kind = kind
	if err := p.treat(strings.TrimPrefix(path, p.dir+"/"), kind, sum); err != nil {
		return fmt.Errorf("%s (%s, %s): %w", kind, path, way, err)
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// treat examines, reads, repairs and reads again.
func (p *patient) treat(rel, kind string, sum tally) error {
	report, err := Examine(p.asked())
	if err != nil {
		return fmt.Errorf("examine: %w", err)
	}
	if err := brief(report); err != nil {
		return err
	}
	named := slices.ContainsFunc(report.Findings, func(f Finding) bool { return f.File == rel || strings.HasPrefix(rel, f.File) && f.Severity == Damage })
	if !named && kind == "the document of a snapshot" {
		sum["(other words in a document)"]++ // it still describes a snapshot of that name
		return nil
	}
	// Where nothing is that anybody names, and another start of the machine.
	if !named && (strings.HasPrefix(kind, "a file of records") || kind == "FORMAT") {
		sum["(harmless)"]++
		return p.intact()
	}
	if !named {
		return fmt.Errorf("not named: %+v", report.Findings)
	}
	copied := p.dir + "-copy"
	if err := os.CopyFS(copied, os.DirFS(p.dir)); err != nil {
		return err
	}
	if err := p.serve(copied, sum); err != nil {
		return fmt.Errorf("served: %w", err)
	}
	if _, err = Repair(p.asked()); err != nil {
		if !errors.Is(err, ErrHopeless) {
			return fmt.Errorf("repair: %w", err)
		}
		sum["(beyond repair)"]++
		return nil
	}
	after, err := Examine(p.asked())
	if err != nil {
		return err
	}
	if after.Damaged() && kind != "a body" {
		return fmt.Errorf("still damaged: %+v", after.Findings)
	}
	s, err := store.Open(p.options)
	if err != nil {
		return fmt.Errorf("open after the repair: %w", err)
	}
	o, err := p.read(s)
	if err == nil && o.errors == 0 {
		if err = p.sweep(s); err == nil {
			o, err = p.read(s)
		}
	}
	if err == nil && o.errors > 0 && kind != "a body" {
		err = fmt.Errorf("%d reads fail after the repair", o.errors)
	}
	if err == nil && o.lost > 0 && len(report.lost()) == 0 {
		err = fmt.Errorf("%d are lost and the report did not say so", o.lost)
	}
	if err == nil {
		err = p.goOn(s)
	}
	sum["(repaired)"]++
	return errors.Join(err, s.Close())
}

// asked are the options of examinations.
func (p *patient) asked() Options { return Options{Dir: p.dir, Boot: boot, Owners: rooms()} }

// brief refuses a report with traces, or with more than people read.
func brief(r *Report) error {
	for _, f := range r.Findings {
		for _, text := range append([]string{f.What, f.Repair}, f.Loses...) {
			if len(text) > 400 || strings.ContainsAny(text, "\n\t") || strings.Contains(text, ".go:") || strings.Contains(text, "pebble: ") {
				return fmt.Errorf("too much is told of %s: %s", f.File, text)
			}
		}
	}
	return nil
}

// loud fails where something is logged beside the report.
type loud struct{ t *testing.T }

// Write implements io.Writer.
func (l loud) Write(p []byte) (int, error) {
	l.t.Errorf("logged beside the report: %.300s", p)
	return len(p), nil
}

func (r *Report) lost() (all []string) {
	for _, f := range r.Findings {
		all = append(all, f.Loses...)
	}
	return all
}

// serve opens a damaged folder as the server does. It may refuse, and reads may
// fail; a log that is torn may lose its end.
func (p *patient) serve(dir string, sum tally) error {
	o := p.options
	o.Dir = dir
	s, err := store.Open(o)
	if err != nil {
		sum["(refused at the start)"]++
		return nil
	}
	got, err := p.read(s)
	_ = s.Close()
	if err == nil && got.lost > 0 {
		return fmt.Errorf("%d are missing, and no error says so", got.lost)
	}
	return err
}

// intact opens the folder and finds everything.
func (p *patient) intact() error {
	s, err := store.Open(p.options)
	if err != nil {
		return err
	}
	o, err := p.read(s)
	if err == nil && o.lost+o.errors > 0 {
		err = fmt.Errorf("%d are lost, %d reads fail, and nothing was found", o.lost, o.errors)
	}
	return errors.Join(err, s.Close())
}

// goOn writes on after a repair: no number is given again.
func (p *patient) goOn(s *store.Store) error {
	for id, end := range p.ends {
		c, err := s.Log("test").Append(ctx, []log.Entry{{Log: id, Data: []byte("more")}})
		if errors.Is(err, log.ErrNotFound) {
			continue // its row is lost
		}
		if err == nil {
			err = c.Wait()
		}
		if err != nil {
			return err
		}
		if got := c.Placed()[0].Position; got < end {
			return fmt.Errorf("position %d of %v is given again, %d was the end", got, id, end)
		}
	}
	return nil
}

// TestKilled finds nothing wrong with folders whose process was killed, however
// far their logs had come: what stands behind the end of a log is not damage.
func TestKilled(t *testing.T) {
	for seed := range uint64(3) {
		p, mem := emptyPatient(seed), vfs.NewCrashableMem()
		p.options.Dir, p.options.FS = "data", mem
		s, err := store.Open(p.options)
		require.NoError(t, err)
		for n := range 25 {
			for range 1 + p.dice.IntN(6) {
				require.NoError(t, p.write(s))
			}
			left := logtest.AfterKill(mem, p.dice)
			report, err := Examine(Options{Dir: "data", FS: left, Boot: boot})
			require.NoError(t, err)
			require.False(t, report.Damaged(), "seed %d, %d: %v", seed, n, report.Findings)
		}
		require.NoError(t, s.Close())
	}
}

// TestHealthy finds nothing wrong with a folder in use until now.
func TestHealthy(t *testing.T) {
	p, err := newPatient(t.TempDir(), 1, store.Process)
	require.NoError(t, err)
	report, err := Examine(p.asked())
	require.NoError(t, err)
	require.Empty(t, report.Findings)
	require.Equal(t, []string{"mine"}, report.Snapshots)
	require.Positive(t, report.Pairs)
	require.Positive(t, report.Bodies)
	s, err := store.Open(p.options)
	require.NoError(t, err)
	_, err = Examine(p.asked())
	require.ErrorIs(t, err, store.ErrLocked)
	require.NoError(t, s.Close())
	_, err = Examine(Options{Dir: t.TempDir()})
	require.ErrorIs(t, err, ErrNoFolder)
}

// TestUses makes the rows anew that keep bodies, so that the start after a repair
// sweeps nothing that can be read; what no row names may go.
func TestUses(t *testing.T) {
	p := emptyPatient(4)
	p.dir = filepath.Join(t.TempDir(), "data")
	p.options.Dir = p.dir
	s, err := store.Open(p.options)
	require.NoError(t, err)
	for len(p.bodies) < 3 {
		require.NoError(t, p.write(s))
	}
	require.NoError(t, s.Close())
	s, err = store.Open(p.options)
	require.NoError(t, err)
	b := &kv.Batch{}
	b.Delete(bodyRow("use-", 1))
	b.Delete(bodyRow("use-", 2))
	b.Delete(bodyRow("body-", 2))
	require.NoError(t, s.Space("test").Commit(ctx, b))
	require.NoError(t, s.Space("test").Commit(ctx, b)) // which the damage takes
	require.NoError(t, s.Close())
	logs, err := filepath.Glob(filepath.Join(p.dir, "pebble", "*.log"))
	require.NoError(t, err)
	newest := logs[len(logs)-1]
	info, err := os.Stat(newest)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(newest, info.Size()-5))
	report, err := Repair(p.asked())
	require.NoError(t, err)
	require.True(t, report.Damaged())
	s, err = store.Open(p.options)
	require.NoError(t, err)
	require.NoError(t, p.sweep(s))
	bodies, err := s.Bodies("test")
	require.NoError(t, err)
	for id, want := range map[blob.ID]error{1: nil, 2: blob.ErrNone, 3: nil} {
		body, err := bodies.Open(id)
		require.ErrorIs(t, err, want, "%v", id)
		if err == nil {
			require.NoError(t, body.Close())
		}
	}
	require.NoError(t, s.Close())
}

// TestExchangedValues finds two files of values that were exchanged for each
// other: each is whole, and none of their values is copied by a repair.
func TestExchangedValues(t *testing.T) {
	p, err := newPatient(t.TempDir(), 1, store.Process)
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(p.dir, "pebble", "*.blob"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 2)
	require.NoError(t, os.Rename(files[0], files[0]+"x"))
	require.NoError(t, os.Rename(files[1], files[0]))
	require.NoError(t, os.Rename(files[0]+"x", files[1]))
	report, err := Repair(p.asked())
	require.NoError(t, err)
	require.NoError(t, brief(report))
	for _, file := range files[:2] {
		require.True(t, slices.ContainsFunc(report.Findings, func(f Finding) bool {
			return f.Severity == Damage && f.File == "pebble/"+filepath.Base(file) && strings.Contains(f.What, "by what stands in it")
		}), report.Findings)
	}
	s, err := store.Open(p.options)
	require.NoError(t, err)
	_, err = p.read(s)
	require.NoError(t, err)
	require.NoError(t, s.Close())
}
