package snapshot

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"sluice/store"
)

// draft is a file as the tests make it: what archive.go says of the form and
// not the code that writes it.
type draft struct {
	members []tar.Header
	content []string
	sums    []map[string]any // of the manifest; nil: the right ones
	tail    string           // behind the archive
}

const goodHead = `{"sluice":"snapshot","version":1,"snapshot":{"name":"x","created":"2026-11-25T09:00:00Z","serviceTime":"2026-11-25T09:00:00Z","bytes":1,"format":1}}`

func (d *draft) add(name, content string) *draft {
	d.members = append(d.members, tar.Header{Name: name, Mode: 0o644})
	d.content = append(d.content, content)
	return d
}

func pair(key, value string) string {
	raw := append(binary.AppendUvarint(nil, uint64(len(key))), key...)
	return string(append(binary.AppendUvarint(raw, uint64(len(value))), value...))
}

// good is the beginning of a file that is whole when it is finished.
func good() *draft {
	return new(draft).add("snapshot.json", goodHead).add("pairs-000001", pair("cns\x00key", "\x01state"))
}

func (d *draft) finish(t *testing.T) *draft {
	t.Helper()
	sums := d.sums
	for i, content := range d.content {
		if d.sums == nil {
			sum := sha256.Sum256([]byte(content))
			sums = append(sums, map[string]any{"name": d.members[i].Name, "bytes": len(content), "sha256": hex.EncodeToString(sum[:])})
		}
	}
	raw, err := json.Marshal(map[string]any{"members": sums})
	require.NoError(t, err)
	return d.add("manifest.json", string(raw))
}

func (d *draft) file(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	zip, err := zstd.NewWriter(&out)
	require.NoError(t, err)
	w := tar.NewWriter(zip)
	for i, h := range d.members {
		if h.Size = int64(len(d.content[i])); h.Typeflag != 0 {
			h.Size = 0
		}
		require.NoError(t, w.WriteHeader(&h))
		_, err := io.WriteString(w, d.content[i][:h.Size])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	_, err = io.WriteString(zip, d.tail)
	require.NoError(t, err)
	require.NoError(t, zip.Close())
	return out.Bytes()
}

func options(fs vfs.FS) store.Options {
	return store.Options{Dir: "data", FS: fs, Now: time.Now, MemTableBytes: 1 << 20, Logger: slog.New(slog.DiscardHandler)}
}

// shelves are one in memory and one on disk, the latter with its file system.
func shelves(t *testing.T) (shelves []Shelf, fs vfs.FS) {
	t.Helper()
	fs = vfs.NewMem()
	require.NoError(t, fs.MkdirAll("data", 0o755))
	onDisk, err := OnDisk(options(fs))
	require.NoError(t, err)
	return []Shelf{InMemory(store.Options{Memory: true, Now: time.Now}), onDisk}, fs
}

func TestMaliciousFilesLeaveNothing(t *testing.T) {
	link := func(kind byte, to string) []byte {
		d := good()
		d.members[1].Typeflag, d.members[1].Linkname = kind, to
		return d.finish(t).file(t)
	}
	named := func(name string) []byte {
		return new(draft).add("snapshot.json", goodHead).add(name, pair("cns\x00key", "\x01state")).finish(t).file(t)
	}
	with := func(head string) []byte { return new(draft).add("snapshot.json", head).finish(t).file(t) }
	holding := func(content string) []byte {
		return new(draft).add("snapshot.json", goodHead).add("pairs-000001", content).finish(t).file(t)
	}
	wrongSum := good()
	wrongSum.sums = []map[string]any{{"name": "snapshot.json", "bytes": len(goodHead), "sha256": strings.Repeat("0", 64)}, {"name": "pairs-000001"}}
	behind := good().finish(t).add("more", "x")
	junk := good().finish(t)
	junk.tail = strings.Repeat("junk", 1<<20)
	whole := good().finish(t).file(t)
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	logKey := "lns\x00" + strings.Repeat("\x00", 12)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"nothing":              {nil, "it breaks off or is no archive"},
		"text":                 {[]byte("hello, this is no archive at all"), "it breaks off or is no archive"},
		"half":                 {whole[:len(whole)/2], "it breaks off"},
		"a flipped bit":        {flipped, ""},
		"no manifest":          {good().file(t), "it breaks off or is no archive"},
		"a path upwards":       {named("../../etc/passwd"), `it holds "../../etc/passwd" where pairs-000001 is due`},
		"an absolute path":     {named("/etc/passwd"), "where pairs-000001 is due"},
		"a member out of turn": {named("pairs-000002"), "where pairs-000001 is due"},
		"a symbolic link":      {link(tar.TypeSymlink, "/etc/passwd"), "where pairs-000001 is due"},
		"a hard link":          {link(tar.TypeLink, "snapshot.json"), "where pairs-000001 is due"},
		"a device":             {link(tar.TypeChar, ""), "where pairs-000001 is due"},
		"a folder":             {link(tar.TypeDir, ""), "where pairs-000001 is due"},
		"wrong checksums":      {wrongSum.finish(t).file(t), "the checksum of snapshot.json differs"},
		"more behind":          {behind.file(t), "there is something behind its manifest"},
		"junk behind":          {junk.file(t), "it does not end where it should"},
		"another program's":    {with(`{"hello":1}`), "it is something else"},
		"an impossible time":   {with(strings.Replace(goodHead, `"serviceTime":"2026`, `"serviceTime":"9026`, 1)), "its service time or size is impossible"},
		"a large head":         {with(goodHead + strings.Repeat(" ", 1<<20)), "its member snapshot.json is too large or empty"},
		"a large member":       {holding(strings.Repeat("x", 40<<20)), "its member pairs-000001 is too large or empty"},
		"an impossible length": {holding("\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), "an entry has an impossible length"},
		"a key of nothing":     {holding(pair("z", "")), "an entry is malformed"},
		"an unknown kind":      {holding(pair("zns\x00key", "x")), "an entry is malformed"},
		"a short log key":      {holding(pair("lns\x00key", "x")), "an entry is malformed"},
		"a broken log row":     {holding(pair(logKey, "\x01")), "an entry is malformed"},
		"a log without an end": {holding(pair(logKey, "\x01\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00")), "an entry is malformed"},
		"a broken block":       {holding(pair("bns\x00"+strings.Repeat("\x00", 32), "\x01\x01")), "an entry is malformed"},
		"a block of none":      {holding(pair("bns\x00"+strings.Repeat("\x00", 32), "\x01\x00")), "an entry is malformed"},
		"a catalog of nothing": {holding(pair("cns\x00key", "")), "an entry is malformed"},
		"a broken index":       {holding(pair("ins\x00"+strings.Repeat("\x00", 16), "x")), "an entry is malformed"},
		"a later file version": {with(strings.Replace(goodHead, `"version":1`, `"version":2`, 1)), "a later version of Sluice wrote this file (version 2, format 1; this one reads up to 1 and 3)"},
		"a later store format": {with(strings.Replace(goodHead, `"format":1`, `"format":7`, 1)), "a later version of Sluice wrote this file (version 1, format 7; this one reads up to 1 and 3)"},
	} {
		t.Run(name, func(t *testing.T) {
			all, fs := shelves(t)
			for _, shelf := range all {
				_, err := shelf.Import("bad", bytes.NewReader(c.file))
				var e *Error
				require.ErrorAs(t, err, &e)
				require.NotEmpty(t, e.Hint())
				require.Contains(t, e.Error(), c.want)
				list, err := shelf.List()
				require.NoError(t, err)
				require.Empty(t, list)
			}
			left, err := fs.List("data/snapshots")
			require.NoError(t, err)
			require.Empty(t, left, "half an import leaves nothing behind")
		})
	}
}

func TestWholeFileIsTaken(t *testing.T) {
	all, _ := shelves(t)
	for _, shelf := range all {
		doc, err := shelf.Import("mine", bytes.NewReader(good().finish(t).file(t)))
		require.NoError(t, err)
		require.Equal(t, "mine", doc.Name)
		require.Equal(t, time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC), doc.ServiceTime)
		var first, second bytes.Buffer
		require.NoError(t, shelf.Export("mine", &first))
		require.NoError(t, shelf.Export("mine", &second))
		require.Equal(t, first.Bytes(), second.Bytes(), "the same snapshot is the same file")
		require.NoError(t, failure(shelf.Delete("mine")))
	}
}

func TestNamesAndCount(t *testing.T) {
	st, err := store.Open(store.Options{Memory: true, Now: time.Now})
	require.NoError(t, err)
	shelf := InMemory(store.Options{Memory: true, Now: time.Now})
	now := func() (created, service time.Time) { return time.Now(), time.Now() }
	for _, bad := range []string{"", ".", "..", "../x", "a/b", `a\b`, ".hidden", "-x", "ä", "a b", strings.Repeat("x", 65), "a\x00"} {
		for _, err := range []error{failure(shelf.Save(st, bad, now)), failure(shelf.Import(bad, nil)), failure(shelf.Stage(bad)), failure(shelf.Delete(bad)), shelf.Export(bad, nil)} {
			var e *Error
			require.ErrorAs(t, err, &e, bad)
			require.Equal(t, BadName, e.Kind, bad)
		}
	}
	for i := range MaxCount {
		require.NoError(t, failure(shelf.Save(st, fmt.Sprint("s", i), now)))
	}
	require.ErrorContains(t, failure(shelf.Save(st, "more", now)), "there are 100 snapshots already")
}

func failure[T any](_ T, err error) error { return err }

// A start removes what an earlier process has not finished.
func TestUnfinishedFoldersGo(t *testing.T) {
	_, fs := shelves(t)
	require.NoError(t, fs.MkdirAll("data/snapshots/.save-1/pebble", 0o755))
	require.NoError(t, fs.MkdirAll("data/snapshots/mine", 0o755))
	shelf, err := OnDisk(options(fs))
	require.NoError(t, err)
	left, err := fs.List("data/snapshots")
	require.NoError(t, err)
	require.Equal(t, []string{"mine"}, left, "what is not ours stays")
	_, err = shelf.Import("mine", bytes.NewReader(good().finish(t).file(t)))
	require.ErrorContains(t, err, "something else is called mine")
}

// scarce is a disk that has little left, and tells how much.
type scarce struct {
	vfs.FS
	left uint64
}

func (s scarce) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: s.left, TotalBytes: 1 << 40}, nil
}

// An import on a disk that is nearly full is refused as such, leaves nothing
// behind, and leaves others room to write.
func TestImportOnAFullDisk(t *testing.T) {
	for left, fits := range map[uint64]bool{100 << 20: false, 1 << 30: true} {
		fs := scarce{vfs.NewMem(), left}
		require.NoError(t, fs.MkdirAll("data", 0o755))
		shelf, err := OnDisk(options(fs))
		require.NoError(t, err)
		file := good()
		for i := range 6 { // the disk is looked at every 4 MiB
			file.add(fmt.Sprintf("pairs-%06d", i+2), pair(fmt.Sprint("cns\x00key", i), "\x01"+strings.Repeat("x", 2<<20)))
		}
		_, err = shelf.Import("x", bytes.NewReader(file.finish(t).file(t)))
		if fits {
			require.NoError(t, err)
			continue
		}
		var e *Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, NoSpace, e.Kind)
		require.ErrorIs(t, err, store.ErrFull)
		names, err := fs.List("data/snapshots")
		require.NoError(t, err)
		require.Empty(t, names)
	}
}

// FuzzImport: no file makes an import panic, and what is taken can be exported.
func FuzzImport(f *testing.F) {
	f.Add("cns\x00key", "\x01state")
	f.Add("lns\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00", "\x01\x00\x00\x00")
	f.Add("ins\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00", "\x00\x00\x00\x00\x00\x00\x00\x00")
	f.Add("bns\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", "\x01\x01\x02\x01kd")
	f.Fuzz(func(t *testing.T, key, value string) {
		shelf := InMemory(store.Options{Memory: true, Now: time.Now})
		file := new(draft).add("snapshot.json", goodHead).add("pairs-000001", pair(key, value)).finish(t).file(t)
		if _, err := shelf.Import("x", bytes.NewReader(file)); err == nil {
			require.NoError(t, shelf.Export("x", io.Discard))
		}
	})
}
