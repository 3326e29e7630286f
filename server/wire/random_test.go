package wire

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"time"

	"github.com/aws/smithy-go/middleware"
)

// filler makes full random values of SDK shapes, guided by the model.
type filler struct {
	*rand.Rand
	// tame leaves out characters that XML cannot hold.
	tame bool
	// depth bounds unions, which hold each other.
	depth int
}

// pieces are what random strings are made of: escapes, wide characters, the
// line separators, characters beyond the basic plane.
var pieces = []string{"a", "Z", "7", " ", "/", "%", "&", "<", ">", `"`, `\`, "\n", "\t", "\x01", "\x7f",
	"é", "漢", "\u2028", "😀", "=", "+", ":", ".", "'"}

func (r filler) text() string {
	s := "x"
	for range r.IntN(12) {
		s += pieces[r.IntN(len(pieces))]
	}
	if r.tame {
		s = strings.ReplaceAll(s, "\x01", "")
	}
	return s
}

// fill sets every member of the model in v.
func (r filler) fill(s *Shape, v reflect.Value) {
	switch {
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		r.fill(s, v.Elem())
	case v.Kind() == reflect.Interface:
		choices := unionMembers(v.Type())
		t := choices[r.IntN(len(choices))]
		_, name, _ := strings.Cut(t.Name(), "Member")
		if r.depth > 6 {
			t, name = choices[0], "S"
		}
		r.depth++
		value := reflect.New(t)
		for _, m := range s.Members {
			if m.Name == name {
				r.fill(m.Shape, value.Elem().FieldByName("Value"))
			}
		}
		v.Set(value)
	case s.Kind == KindStructure:
		for _, m := range s.Members {
			f := v.FieldByName(upperFirst(m.Name))
			r.fill(m.Shape, f)
			switch {
			case m.Location == LocationStatus:
				f.SetInt(200 + r.Int64N(100))
			case m.Location == LocationPayload && f.Kind() == reflect.Slice:
				f.SetBytes(append(f.Bytes(), 'x')) // a body without a byte is none
			}
		}
	case s.Kind == KindList:
		n := 1 + r.IntN(3)
		if s.Max != nil {
			n = min(n, int(*s.Max)) // reading stops soon after
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			r.fill(s.Elem, v.Index(i))
		}
	case s.Kind == KindMap:
		v.Set(reflect.MakeMap(v.Type()))
		for range 1 + r.IntN(3) {
			value := reflect.New(v.Type().Elem()).Elem()
			r.fill(s.Elem, value)
			v.SetMapIndex(reflect.ValueOf(r.text()).Convert(v.Type().Key()), value)
		}
	case s.Kind == KindBlob:
		b := make([]byte, r.IntN(70))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		v.SetBytes(b)
	default:
		r.scalar(s, v)
	}
}

func (r filler) scalar(s *Shape, v reflect.Value) {
	switch s.Kind {
	case KindString:
		if v.SetString(r.text()); len(s.Enum) > 0 {
			v.SetString(s.Enum[r.IntN(len(s.Enum))])
		}
	case KindInteger:
		v.SetInt(int64(int32(r.Uint32())))
	case KindLong:
		// Within what JavaScript and the clients' own floats hold.
		v.SetInt(r.Int64N(1<<53) - 1<<52)
	case KindDouble:
		v.SetFloat(float64(r.IntN(8000)) / 8)
	case KindBoolean:
		v.SetBool(r.IntN(2) == 0)
	case KindTimestamp:
		// Eighths of a second survive the floats of clients; exact decimals have tests of their own.
		v.Set(reflect.ValueOf(time.UnixMilli(r.Int64N(4e12/125) * 125).UTC()))
	default:
		panic(fmt.Sprint("no random value of ", s.Name))
	}
}

// withoutMetadata clears what the SDK adds to outputs.
func withoutMetadata(out any) any {
	if f := reflect.ValueOf(out).Elem().FieldByName("ResultMetadata"); f.IsValid() {
		f.Set(reflect.ValueOf(middleware.Metadata{}))
	}
	return out
}
