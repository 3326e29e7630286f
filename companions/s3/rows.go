package s3

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"sluice/store/blob"
)

// Rows reads the rows of this room when nobody has it open, in the order of
// their keys, and tells which objects and uploads name bodies that are not what
// they were. It keeps the names of buckets, and what is wrong.
type Rows struct {
	buckets map[uint64]string
	parts   map[uint64][]blob.Lost // of rows of parts, which come before their objects
	uploads map[uint64][]blob.Lost // likewise
	lost    []blob.Lost
}

// NewRows begins with the first row.
func NewRows() *Rows {
	return &Rows{buckets: map[uint64]string{}, parts: map[uint64][]blob.Lost{}, uploads: map[uint64][]blob.Lost{}}
}

// Use is the key of the row that keeps a body from being swept.
func (r *Rows) Use(id blob.ID) []byte { return fileKey(id) }

// Name says what the row of a key is of.
func (r *Rows) Name(key []byte) string {
	if len(key) > 1 && key[0] == kindBucket {
		return fmt.Sprintf("the bucket %q", key[1:])
	}
	if len(key) < 9 {
		return ""
	}
	number, rest := binary.BigEndian.Uint64(key[1:]), key[9:]
	switch key[0] {
	case kindObject:
		return "the object " + r.name(number, string(rest))
	case kindOld:
		name, _ := unescape(rest)
		return "an older version of the object " + r.name(number, name)
	case kindUpload:
		name, _ := unescape(rest)
		return "an upload of the object " + r.name(number, name)
	case kindPart:
		return fmt.Sprintf("a part of the upload %d", number)
	case kindParts:
		return fmt.Sprintf("the parts of an object (number %d)", number)
	case kindData:
		return fmt.Sprintf("the body of an object (number %d)", number)
	case kindFile:
		return fmt.Sprintf("the use of the body %v", blob.ID(number))
	}
	return ""
}

// Row takes the next row and has looked at what it names.
func (r *Rows) Row(key, value []byte, at blob.Looker) error {
	if len(key) < 9 && (len(key) == 0 || key[0] != kindBucket) {
		return nil // nothing of this version
	}
	switch key[0] {
	case kindBucket:
		var b bucketRecord
		if err := decode(value, &b); err != nil {
			return err
		}
		r.buckets[b.ID] = b.Name
	case kindParts:
		var list []part
		if err := decode(value, &list); err != nil {
			return err
		}
		row := binary.BigEndian.Uint64(key[1:])
		for _, p := range list {
			look(r.parts, row, "", p.Pieces, at)
		}
	case kindPart:
		var p part
		if err := decode(value, &p); err != nil {
			return err
		}
		look(r.uploads, binary.BigEndian.Uint64(key[1:]), fmt.Sprintf("part %d of ", p.Number), p.Pieces, at)
	case kindObject:
		return r.object(binary.BigEndian.Uint64(key[1:]), string(key[9:]), value, at)
	case kindOld:
		name, _ := unescape(key[9:])
		return r.object(binary.BigEndian.Uint64(key[1:]), name, value, at)
	case kindUpload:
		return r.upload(binary.BigEndian.Uint64(key[1:]), key[9:], value)
	}
	return nil
}

// look notes what is wrong with pieces.
func look(lost map[uint64][]blob.Lost, row uint64, of string, pieces []piece, at blob.Looker) {
	for _, p := range pieces {
		if err := p.look(at); err != nil {
			lost[row] = append(lost[row], blob.Lost{ID: p.File, Size: p.Len, Of: of, Err: err})
		}
	}
}

func (p piece) look(at blob.Looker) error {
	switch {
	case p.File != 0:
		return at.Body(p.File, p.Len)
	case p.Row != 0:
		return at.Row(numbered(kindData, p.Row))
	}
	return nil
}

// object looks at the body of a version of an object.
func (r *Rows) object(bucket uint64, key string, value []byte, at blob.Looker) error {
	var o object
	if err := decode(value, &o); err != nil {
		return err
	}
	of := "the object " + r.name(bucket, key)
	if o.Version != "" {
		of += " in the version " + o.Version
	}
	lost := r.parts[o.Parts]
	if o.Parts == 0 {
		one := map[uint64][]blob.Lost{}
		look(one, 0, "", []piece{o.Body}, at)
		lost = one[0]
	} else if err := at.Row(numbered(kindParts, o.Parts)); err != nil {
		lost = []blob.Lost{{Size: o.Size, Err: err}}
	}
	for _, l := range lost {
		l.Of = of
		r.lost = append(r.lost, l)
	}
	return nil
}

// upload tells whose the parts are that came before it.
func (r *Rows) upload(bucket uint64, rest, value []byte) error {
	var u upload
	if err := decode(value, &u); err != nil {
		return err
	}
	key, _ := unescape(rest)
	for _, l := range r.uploads[u.Seq] {
		l.Of += "an upload of the object " + r.name(bucket, key)
		r.lost = append(r.lost, l)
	}
	delete(r.uploads, u.Seq)
	return nil
}

// name is how people call an object; a key may be any text.
func (r *Rows) name(bucket uint64, key string) string {
	name := r.buckets[bucket]
	if name == "" {
		name = fmt.Sprintf("(bucket %d)", bucket)
	}
	return fmt.Sprintf("%q", name+"/"+key)
}

// Lost is what was found to be wrong when all rows were read.
func (r *Rows) Lost() []blob.Lost {
	all := slices.Clone(r.lost)
	for _, row := range slices.Sorted(maps.Keys(r.uploads)) { // whose upload cannot be read
		for _, l := range r.uploads[row] {
			l.Of += "an upload"
			all = append(all, l)
		}
	}
	return all
}
