package firehose

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/metrics"
	"strconv"
	"time"

	"github.com/itchyny/gojq"
)

// jqPatience bounds one run of a query, in host time, so that an endless one
// holds up its delivery no longer. Each record of a delivery that runs into it
// leaves half of it to the next ones, jqHaste at least: a query that is endless
// for all records must not keep its delivery from ending.
const (
	jqPatience = 5 * time.Second
	jqHaste    = 10 * time.Millisecond
)

// jqMemory is how much the heap may grow during a run that takes longer than
// jqLook. Others fill the heap at the same time, so it is generous.
const (
	jqMemory = 192 << 20
	jqLook   = 5 * time.Millisecond
)

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
	errLongKeys = keysRefused("Length of evaluated prefix cannot be greater than 512")
	errSlowKeys = keysRefused("JQ expression failed: it takes too long")
	errHugeKeys = keysRefused("JQ expression failed: it takes too much memory")
)

// run extracts the keys of a record. Numbers and booleans become their text;
// null, an empty text and anything nested fail the record.
func (q *query) run(ctx context.Context, patience time.Duration, record []byte) (map[string]string, error) {
	value, err := parseJSON(record)
	if err != nil {
		return nil, errNotJSON
	}
	limited, release := watched(ctx, patience)
	defer release()
	out, ok := q.code.RunWithContext(limited, value).Next()
	if !ok {
		return nil, errNullKeys
	}
	if err, failed := out.(error); failed {
		if why := context.Cause(limited); why != nil {
			return nil, why
		}
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

// watched ends a run that takes too long or too much memory. A run that is
// short costs no goroutine; release waits for that of a longer one.
func watched(ctx context.Context, patience time.Duration) (run context.Context, release func()) {
	timed, cancel := context.WithTimeoutCause(ctx, patience, errSlowKeys)
	run, fail := context.WithCancelCause(timed)
	first, end := context.WithTimeout(run, jqLook)
	over := make(chan struct{})
	stop := context.AfterFunc(first, func() {
		defer close(over)
		for least := heapBytes(); run.Err() == nil; {
			if heapBytes() > least+jqMemory {
				fail(errHugeKeys)
			}
			pause, end := context.WithTimeout(run, jqLook)
			<-pause.Done()
			end()
		}
	})
	return run, func() {
		unused := stop()
		fail(nil)
		if !unused {
			<-over
		}
		end()
		cancel()
	}
}

// heapBytes is how much memory is in use.
func heapBytes() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
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
