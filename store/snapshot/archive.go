package snapshot

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/klauspost/compress/zstd"

	"sluice/store"
)

// A file is a tar archive, compressed by zstd, of these members in this order
// and no others:
//
//	snapshot.json   {"sluice":"snapshot","version":1,"snapshot":DOCUMENT}
//	pairs-000001    what the store holds, in the layout that the document's
//	pairs-000002    format names: key length, key, value length, value, and
//	…               so on, lengths as uvarints; a pair is never split
//	manifest.json   {"members":[{"name","bytes","sha256"}]} of all before it
//
// So it holds no paths that could lead anywhere, and is the same whether the
// store was on disk or in memory. It is written and read as a stream. Format 1
// is the only one so far: whoever makes a second one says here how the pairs of
// older files become its own.
const (
	headName     = "snapshot.json"
	pairsName    = "pairs-%06d"
	manifestName = "manifest.json"
	fileMark     = "snapshot"
	fileVersion  = 1
)

// Bounds of a file. Records are 10 MiB at most, and everything else is small.
const (
	memberBytes  = 4 << 20 // a member is closed when it has that much
	maxPair      = 32 << 20
	maxMember    = memberBytes + maxPair
	maxHead      = 64 << 10
	maxManifest  = 64 << 20
	maxMembers   = 400_000 // 1.6 TB
	maxWindow    = 8 << 20
	encodeWindow = 1 << 20
)

// head is the first member.
type head struct {
	Sluice   string   `json:"sluice"`
	Version  int      `json:"version"`
	Snapshot Document `json:"snapshot"`
}

// member is a line of the manifest.
type member struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

type manifest struct {
	Members []member `json:"members"`
}

// writer writes a file.
type writer struct {
	tar     *tar.Writer
	zip     *zstd.Encoder
	at      time.Time
	members []member
	buffer  []byte
}

// write writes a snapshot as a file. pairs gives all that it holds.
func write(w io.Writer, doc Document, pairs func(put func(key, value []byte) error) error) error {
	zip, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(encodeWindow))
	if err != nil {
		return err
	}
	defer zip.Close()
	out := &writer{tar: tar.NewWriter(zip), zip: zip, at: doc.Created}
	if err := out.object(headName, head{Sluice: fileMark, Version: fileVersion, Snapshot: doc}); err != nil {
		return err
	}
	if err := pairs(out.pair); err != nil {
		return err
	}
	if err := out.flush(); err != nil {
		return err
	}
	if err := out.object(manifestName, manifest{out.members}); err != nil {
		return err
	}
	return errors.Join(out.tar.Close(), out.zip.Close())
}

func (w *writer) object(name string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return w.member(name, append(raw, '\n'))
}

func (w *writer) member(name string, content []byte) error {
	err := w.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content)), ModTime: w.at.Truncate(time.Second), Format: tar.FormatUSTAR})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	w.members = append(w.members, member{Name: name, Bytes: int64(len(content)), SHA256: hex.EncodeToString(sum[:])})
	_, err = w.tar.Write(content)
	return err
}

func (w *writer) pair(key, value []byte) error {
	w.buffer = binary.AppendUvarint(w.buffer, uint64(len(key)))
	w.buffer = append(w.buffer, key...)
	w.buffer = binary.AppendUvarint(w.buffer, uint64(len(value)))
	w.buffer = append(w.buffer, value...)
	if len(w.buffer) < memberBytes {
		return nil
	}
	return w.flush()
}

func (w *writer) flush() error {
	if len(w.buffer) == 0 {
		return nil
	}
	err := w.member(fmt.Sprintf(pairsName, len(w.members)), w.buffer)
	w.buffer = w.buffer[:0]
	return err
}

// reader reads a file.
type reader struct {
	tar  *tar.Reader
	seen []member
	sum  hash.Hash
}

// read reads a file and gives the pairs to put, which may keep them.
func read(r io.Reader, put func(key, value []byte) error) (Document, error) {
	zip, err := zstd.NewReader(r, decoding()...)
	if err != nil {
		return Document{}, err
	}
	defer zip.Close()
	in := &reader{tar: tar.NewReader(zip), sum: sha256.New()}
	doc, err := in.head()
	if err != nil {
		return doc, err
	}
	for {
		name, content, err := in.member()
		if err != nil {
			return doc, err
		}
		if name == manifestName {
			if err := in.check(content); err != nil {
				return doc, err
			}
			// To the very end, where zstd has its own checksum.
			if n, err := io.Copy(io.Discard, io.LimitReader(zip, 1<<20)); err != nil || n == 1<<20 {
				return doc, damaged("it does not end where it should", err)
			}
			return doc, nil
		}
		if err := pairsOf(content, put); err != nil {
			return doc, err
		}
	}
}

// Peek reads what a file says of itself. What follows may still be damaged.
func Peek(r io.Reader) (Document, error) {
	zip, err := zstd.NewReader(r, decoding()...)
	if err != nil {
		return Document{}, err
	}
	defer zip.Close()
	return (&reader{tar: tar.NewReader(zip), sum: sha256.New()}).head()
}

// decoding bounds the memory that a file can ask for.
func decoding() []zstd.DOption {
	return []zstd.DOption{zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow)}
}

func (r *reader) head() (Document, error) {
	name, content, err := r.member()
	if err != nil {
		return Document{}, err
	}
	var h head
	if name != headName || json.Unmarshal(content, &h) != nil || h.Sluice != fileMark || h.Version < 1 || h.Snapshot.Format < 1 {
		return Document{}, damaged("it is something else", nil)
	}
	if h.Version > fileVersion || h.Snapshot.Format > store.Format {
		return Document{}, &Error{Kind: NewerFile, Advice: "use that version or a later one",
			Message: fmt.Sprintf("a later version of Sluice wrote this file (version %d, format %d; this one reads up to %d and %d)",
				h.Version, h.Snapshot.Format, fileVersion, store.Format)}
	}
	if h.Snapshot.ServiceTime.Year() < 1970 || h.Snapshot.ServiceTime.Year() > 2199 || h.Snapshot.Bytes < 0 {
		return Document{}, damaged("its service time or size is impossible", nil)
	}
	return h.Snapshot, nil
}

// member reads the next member, which must be the one that is due.
func (r *reader) member() (name string, content []byte, err error) {
	h, err := r.tar.Next()
	if err != nil {
		return "", nil, damaged("it breaks off or is no archive", err)
	}
	due, limit := fmt.Sprintf(pairsName, len(r.seen)), int64(maxMember)
	switch {
	case len(r.seen) == 0:
		due, limit = headName, maxHead
	case h.Name == manifestName:
		due, limit = manifestName, maxManifest
	}
	switch {
	case h.Typeflag != tar.TypeReg || h.Name != due:
		return "", nil, damaged(fmt.Sprintf("it holds %.80q where %s is due", h.Name, due), nil)
	case h.Size < 1 || h.Size > limit || len(r.seen) > maxMembers:
		return "", nil, damaged(fmt.Sprintf("its member %s is too large or empty", due), nil)
	}
	// Grown as it comes: a size is only a claim.
	var b bytes.Buffer
	if _, err := io.Copy(&b, io.LimitReader(r.tar, h.Size)); err != nil || int64(b.Len()) != h.Size {
		return "", nil, damaged("it breaks off", err)
	}
	if due != manifestName {
		r.sum.Reset()
		r.sum.Write(b.Bytes())
		r.seen = append(r.seen, member{Name: due, Bytes: h.Size, SHA256: hex.EncodeToString(r.sum.Sum(nil))})
	}
	return due, b.Bytes(), nil
}

// check compares what was read with the manifest, the last member.
func (r *reader) check(content []byte) error {
	var m manifest
	if err := json.Unmarshal(content, &m); err != nil || len(m.Members) != len(r.seen) {
		return damaged("its manifest does not list what it holds", err)
	}
	for i, want := range m.Members {
		if want != r.seen[i] {
			return damaged("the checksum of "+r.seen[i].Name+" differs", nil)
		}
	}
	if _, err := r.tar.Next(); !errors.Is(err, io.EOF) {
		return damaged("there is something behind its manifest", nil)
	}
	return nil
}

// pairsOf takes a member apart.
func pairsOf(content []byte, put func(key, value []byte) error) error {
	for len(content) > 0 {
		var part [2][]byte
		for i := range part {
			size, n := binary.Uvarint(content)
			if n <= 0 || size > maxPair || size > uint64(len(content)-n) {
				return damaged("an entry has an impossible length", nil)
			}
			end := n + int(size)
			part[i], content = content[n:end:end], content[end:]
		}
		if err := store.CheckPair(part[0], part[1]); err != nil {
			return damaged("an entry is malformed", err)
		}
		if err := put(part[0], part[1]); err != nil {
			return err
		}
	}
	return nil
}

func damaged(why string, err error) error {
	return &Error{Kind: BadFile, Message: "this is not a whole snapshot file: " + why, Advice: "export it again", Err: err}
}
