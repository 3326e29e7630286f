package convert

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestMalformed(t *testing.T) {
	for _, record := range []string{"{", `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{a:1}`, `{"a" 1}`, `{"a":tru}`, `{"a":nul`, `{"a":01}`, `{"a":-}`, `{"a":1.}`, `{"a":1e}`,
		`{"a":"x}`, `{"a":"\x"}`, `{"a":"\u12g4"}`, "{\"a\":\"\n\"}", `{"a":[1,]}`, `{"a":[1`, `{"a":[1 2]}`, `{"a":1}x`, `{"a":1}}`, "\xff", `{"a":+1}`, "hello",
		`{"a":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + "}"} {
		got := one(t, "int", record, Options{})
		require.True(t, strings.HasPrefix(got, "ParseError: Encountered malformed JSON. "), "%s: %s", record, got)
	}
}

// FuzzRead holds the scanner against the standard library: what one takes for
// JSON the other does, and nothing panics.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, `{"a":"x\u00e9","l":[1,{"b":null}],"m":{"k":[]}}`, `{}`, `{"t":"2026-9-7 1:2:3","d":1.5e3,"n":"12.5"}`, `{"a":`, `[1]`, `{"a":1}{"a":2}`} {
		f.Add([]byte(seed))
	}
	columns := []Column{{"a", "string"}, {"l", "array<struct<b:int>>"}, {"m", "map<string,array<double>>"}, {"t", "timestamp"}, {"d", "decimal(20,3)"}, {"n", "double"}, {"x", "date"}}
	open, err := Compile(columns, Options{})
	require.NoError(f, err)
	hive, err := Compile(columns, Options{Hive: true, TimestampFormats: []string{"yyyy-MM-dd'T'HH:mm:ss.SSSZ", "millis", "EEE, d MMM yy hh:mm a z"}})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, record []byte) {
		for _, p := range []*Plan{open, hive} {
			r := p.NewRows()
			err := r.Read(record)
			if err == nil {
				for i, v := range r.Values() {
					require.GreaterOrEqual(t, len(v.Def), r.Count(), "leaf %d has a slot for every row", i)
				}
			}
			var failed *Failure
			parsed := !errors.As(err, &failed) || failed.Code != codeParse
			if utf8.Valid(record) && len(record) > 0 && record[0] == '{' && len(record) < 200 && json.Valid(record) && !parsed {
				require.Contains(t, failed.Text, "Duplicate key")
			}
			if parsed && err == nil && r.Count() == 1 {
				require.True(t, json.Valid(record), "%q", record)
			}
		}
	})
}
