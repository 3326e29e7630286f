package shards

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"
)

var rewrite = flag.Bool("rewrite", false, "write down what the stories in testdata tell now")

// TestStories plays the transcripts in testdata. A line is a comment, a step
// of the clock ("clock 30s"), "restart", "lake" (what channels have put there,
// "lake full" and "lake well" make puts fail and succeed), or an operation with
// the members of its input:
//
//	CreateStream StreamName=a ShardCount=2 Tags.team=blue
//
// "> Member Member" at its end chooses what of the answer is told. The answer
// stands between the line and an empty one. Changes take ten seconds.
func TestStories(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			told, err := os.ReadFile(path)
			require.NoError(t, err)
			b := newBuckets("lake")
			r := open(t, lasting(10*time.Second)).delivers(b)
			now := tell(r, b, string(told))
			if *rewrite {
				require.NoError(t, os.WriteFile(path, []byte(now), 0o644))
				return
			}
			require.Equal(t, string(told), now, "run with -rewrite and read the difference")
		})
	}
}

// tell plays a transcript and returns it with the answers of today.
func tell(r *room, b *buckets, script string) string {
	var out strings.Builder
	for block := range strings.SplitSeq(strings.TrimSpace(script), "\n\n") {
		for line := range strings.SplitSeq(block, "\n") {
			if strings.HasPrefix(line, "#") {
				out.WriteString(line + "\n")
				continue
			}
			out.WriteString(line + "\n" + r.play(b, line))
			break // the rest is the answer of yesterday
		}
		out.WriteString("\n")
	}
	return strings.TrimSpace(out.String()) + "\n"
}

// play does one line and returns its answer, line by line.
func (r *room) play(b *buckets, line string) string {
	words := strings.Fields(line)
	switch words[0] {
	case "clock":
		d, err := time.ParseDuration(words[1])
		require.NoError(r.t, err, line)
		r.clock.Step(d)
		return ""
	case "restart":
		r.restart()
		r.delivers(b)
		return ""
	case "lake":
		return b.play(words[1:])
	}
	m, ok := reflect.TypeFor[*Streams]().MethodByName(words[0])
	require.True(r.t, ok, line)
	in := reflect.New(m.Type.In(2).Elem())
	var chosen []string
	for i, word := range words[1:] {
		if word == ">" {
			chosen = words[i+2:]
			break
		}
		path, value, _ := strings.Cut(word, "=")
		r.set(in.Elem(), strings.Split(path, "."), value)
	}
	out := m.Func.Call([]reflect.Value{reflect.ValueOf(r.Streams), reflect.ValueOf(r.ctx), in})
	if err, _ := out[1].Interface().(error); err != nil {
		var api smithy.APIError
		require.True(r.t, errors.As(err, &api), "%s: %v", line, err)
		return "  " + api.ErrorCode() + ": " + api.ErrorMessage() + "\n"
	}
	if chosen == nil {
		return "  ok\n"
	}
	var told strings.Builder
	for _, name := range chosen {
		show(&told, name, out[0].Elem(), "")
	}
	return told.String()
}

// set fills the member at a path from a text.
func (r *room) set(v reflect.Value, path []string, text string) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		r.set(v.Elem(), path, text)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		member := v.FieldByName(path[0])
		require.True(r.t, member.IsValid(), "%s has no member %s", v.Type(), path[0])
		r.set(member, path[1:], text)
	case reflect.Map:
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		v.SetMapIndex(reflect.ValueOf(path[0]), reflect.ValueOf(text))
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(text))
			return
		}
		if len(path) > 0 && path[0] == "0" { // the one element of a list
			if v.IsNil() {
				v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			}
			r.set(v.Index(0), path[1:], text)
			return
		}
		for part := range strings.SplitSeq(text, ",") {
			one := reflect.New(v.Type().Elem()).Elem()
			r.set(one, path, part)
			v.Set(reflect.Append(v, one))
		}
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(text == "true")
	case reflect.Int32:
		n, err := strconv.ParseInt(text, 10, 32)
		require.NoError(r.t, err, text)
		v.SetInt(n)
	default:
		require.Fail(r.t, "stories cannot set this", "%s", v.Type())
	}
}

// show writes every member of a name, as deep as it is.
func show(out *strings.Builder, name string, v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			show(out, name, v.Elem(), path)
		}
	case reflect.Slice:
		for i := range v.Len() {
			show(out, name, v.Index(i), fmt.Sprint(path, i, "."))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			switch {
			case !field.IsExported() || field.Name == "ResultMetadata":
			case field.Name == name:
				fmt.Fprintf(out, "  %s%s %s\n", path, name, plainText(v.Field(i)))
			default:
				show(out, name, v.Field(i), path)
			}
		}
	}
}

// plainText is a value without Go around it.
func plainText(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return "absent"
		}
		v = v.Elem()
	}
	if at, ok := v.Interface().(time.Time); ok {
		return at.Format(time.RFC3339)
	}
	if v.Kind() == reflect.String && v.Len() == 0 {
		return "absent" // an enum cannot be told from none otherwise
	}
	return fmt.Sprint(v.Interface())
}
