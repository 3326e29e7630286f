package fault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// example is what a refusal of a form shows.
const example = `for example {"match":{"operation":"PutRecord"},"when":{"first":2},"effect":{"error":{"code":"InternalFailure"}}}`

// Parse reads a rule as the admin API takes it: id, match, when and effect.
// Unknown members are refused, and so are zeros, which could only be mistakes.
func Parse(raw []byte) (Rule, error) {
	var in struct {
		ID     string `json:"id"`
		Match  Match  `json:"match"`
		When   When   `json:"when"`
		Effect Effect `json:"effect"`
	}
	if err := strict(raw, &in); err != nil {
		return Rule{}, malformed(err)
	}
	r := Rule{ID: in.ID, Match: in.Match, When: in.When, Effect: in.Effect}
	return r, r.Validate()
}

func malformed(err error) error {
	var own *Refusal
	if errors.As(err, &own) {
		return own
	}
	return &Refusal{Malformed, "the rule is not understood: " + strings.TrimPrefix(err.Error(), "json: "), example}
}

// strict reads one JSON value without unknown members and nothing after it.
func strict(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something after the JSON object")
	}
	return nil
}

// UnmarshalJSON tells a zero from a member that is not there.
func (w *When) UnmarshalJSON(raw []byte) error {
	var in struct {
		After       *int64   `json:"after"`
		Every       *int64   `json:"every"`
		First       *int64   `json:"first"`
		Probability *float64 `json:"probability"`
		Seed        *uint64  `json:"seed"`
	}
	if err := strict(raw, &in); err != nil {
		return err
	}
	return errors.Join(take(&w.After, in.After, "after", true), take(&w.Every, in.Every, "every", false),
		take(&w.First, in.First, "first", false), take(&w.Probability, in.Probability, "probability", false),
		take(&w.Seed, in.Seed, "seed", true))
}

// take copies a member that is given. Zero is refused where it would turn its
// meaning around: a rule with probability 0 would strike always.
func take[T comparable](to, from *T, name string, zero bool) error {
	if from == nil {
		return nil
	}
	if *from == *new(T) && !zero {
		return &Refusal{NeverMatches, fmt.Sprintf("with %s %v the rule would never strike", name, *from), "leave " + name + " out, or the rule"}
	}
	*to = *from
	return nil
}

// effectJSON is an effect as it is written.
type effectJSON struct {
	Error           *Error   `json:"error,omitempty"`
	Throttle        *bool    `json:"throttle,omitempty"`
	Latency         *string  `json:"latency,omitempty"`
	FailRecords     *Records `json:"failRecords,omitempty"`
	Reset           *Moment  `json:"reset,omitempty"`
	Truncate        *bool    `json:"truncate,omitempty"`
	BytesPerSecond  *int64   `json:"bytesPerSecond,omitempty"`
	ExpireIterator  *bool    `json:"expireIterator,omitempty"`
	EndSubscription *End     `json:"endSubscription,omitempty"`
}

// MarshalJSON writes the one member that is set.
func (e Effect) MarshalJSON() ([]byte, error) {
	out := effectJSON{Error: e.Error, FailRecords: e.FailRecords, EndSubscription: e.EndSubscription}
	give(&out.Throttle, e.Throttle)
	give(&out.Truncate, e.Truncate)
	give(&out.ExpireIterator, e.ExpireIterator)
	give(&out.Reset, e.Reset)
	give(&out.BytesPerSecond, e.BytesPerSecond)
	if e.Latency != 0 {
		text := e.Latency.String()
		out.Latency = &text
	}
	return json.Marshal(out)
}

func give[T comparable](to **T, value T) {
	if value != *new(T) {
		*to = &value
	}
}

// UnmarshalJSON reads an effect.
func (e *Effect) UnmarshalJSON(raw []byte) error {
	var in effectJSON
	if err := strict(raw, &in); err != nil {
		return err
	}
	*e = Effect{Error: in.Error, FailRecords: in.FailRecords, EndSubscription: in.EndSubscription}
	if in.Latency != nil {
		d, err := time.ParseDuration(*in.Latency)
		if err != nil {
			return fmt.Errorf(`latency %q is not a duration such as "250ms"`, *in.Latency)
		}
		if err := take(&e.Latency, &d, "latency", false); err != nil {
			return err
		}
	}
	return errors.Join(take(&e.Throttle, in.Throttle, "throttle", false), take(&e.Truncate, in.Truncate, "truncate", false),
		take(&e.ExpireIterator, in.ExpireIterator, "expireIterator", false), take(&e.Reset, in.Reset, "reset", false),
		take(&e.BytesPerSecond, in.BytesPerSecond, "bytesPerSecond", false))
}

// UnmarshalJSON reads an end in full or in short.
func (e *End) UnmarshalJSON(raw []byte) error {
	*e = End{How: Clean, Events: 1}
	switch raw[0] {
	case 't':
		return nil
	case '"':
		return json.Unmarshal(raw, &e.How)
	case '{':
		type plain End // without this method
		return strict(raw, (*plain)(e))
	}
	return errors.New(`endSubscription is true, "clean", "reset" or {"how","events"}`)
}
