package firehose

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/itchyny/gojq"
)

// jqPatience bounds one run of a query, in host time, so that an endless one
// holds up its delivery no longer.
const jqPatience = 5 * time.Second

// maxKeys is how many keys a query may yield.
const maxKeys = 50

// query is a compiled MetadataExtractionQuery. It may be run concurrently.
type query struct {
	code *gojq.Code
	keys []string
}

// compileQuery reads a query, which has to build an object.
func compileQuery(text string) (*query, error) {
	bad := func(why string) error { return errInvalid("Invalid MetadataExtraction JQ query: " + why) }
	parsed, err := gojq.Parse(text)
	if err != nil {
		return nil, bad(err.Error())
	}
	if parsed.Term == nil || parsed.Term.Object == nil {
		return nil, bad("it has to be an object of keys and values")
	}
	q := &query{}
	for _, pair := range parsed.Term.Object.KeyVals {
		key := pair.Key
		if pair.KeyString != nil {
			key = pair.KeyString.Str
		}
		if key == "" {
			return nil, bad("its keys have to be words")
		}
		q.keys = append(q.keys, key)
	}
	if len(q.keys) == 0 || len(q.keys) > maxKeys {
		return nil, bad("it has to yield 1 to 50 keys")
	}
	if q.code, err = gojq.Compile(parsed, gojq.WithEnvironLoader(func() []string { return nil })); err != nil {
		return nil, bad(err.Error())
	}
	return q, nil
}

// keysRefused is an error whose text stands in error records as it is.
type keysRefused string

// Error implements error.
func (e keysRefused) Error() string { return string(e) }

// Why a record has no partition keys; part of what its error record says.
const (
	errNotJSON  = keysRefused("Non JSON record provided")
	errNullKeys = keysRefused("partitionKeys values must not be null or empty") // as in field reports
)

// run extracts the keys of a record. Numbers and booleans become their text;
// null, an empty text and anything nested fail the record.
func (q *query) run(ctx context.Context, record []byte) (map[string]string, error) {
	value, err := parseJSON(record)
	if err != nil {
		return nil, errNotJSON
	}
	ctx, cancel := context.WithTimeout(ctx, jqPatience)
	defer cancel()
	out, ok := q.code.RunWithContext(ctx, value).Next()
	if !ok {
		return nil, errNullKeys
	}
	if err, failed := out.(error); failed {
		return nil, fmt.Errorf("JQ expression failed: %w", err)
	}
	object, ok := out.(map[string]any)
	if !ok {
		return nil, errNullKeys
	}
	keys := make(map[string]string, len(q.keys))
	for _, name := range q.keys {
		text, ok := keyText(object[name])
		if !ok || text == "" {
			return nil, errNullKeys
		}
		keys[name] = text
	}
	return keys, nil
}

// parseJSON reads one document. Numbers are doubles, as in jq 1.6.
func parseJSON(record []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(record))
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errNotJSON
	}
	return v, nil
}

func keyText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return numberText(v), true
	case int:
		return strconv.Itoa(v), true
	}
	return "", false
}

// numberText writes a number as jq 1.6 does: 17 digits at most, whole ones
// without a point.
func numberText(v float64) string {
	if v == float64(int64(v)) && v < 1e17 && v > -1e17 {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(v, 'g', 17, 64)
}
