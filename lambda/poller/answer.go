package poller

import (
	"bytes"
	"encoding/json"
	"sort"
	"strings"

	"sluice/lambda/function"
)

// outcome is what an answer means for a batch.
type outcome int

const (
	succeeded outcome = iota
	// partly: the records below a place are done, the rest is tried again.
	partly
	// failed: nothing is done.
	failed
)

// verdict is an interpreted answer.
type verdict struct {
	outcome outcome
	lowest  int    // partly: place of the lowest record that failed
	state   []byte // of the window, when there is one and it goes on
	why     string // of failed, for people
}

// expectations is what a batch may be answered with.
type expectations struct {
	report bool // ReportBatchItemFailures
	window bool // the answer must have a state
	final  bool // the last call of a window, whose answer needs none
}

// interpret reads the answer to a batch, whose records are in order.
func interpret(r function.Result, items []item, want expectations) verdict {
	if r.Error != "" {
		return verdict{outcome: failed, why: errorText(r)}
	}
	if !want.report && !want.window {
		return verdict{} // nobody looks at the answer
	}
	payload := bytes.TrimSpace(r.Payload)
	members, isJSON := membersOf(payload)
	if len(payload) > 0 && !isJSON {
		return verdict{outcome: failed, why: "the answer is not JSON"}
	}
	v := verdict{}
	if want.report {
		v = reported(members["batchItemFailures"], items)
	}
	if !want.window || want.final || v.outcome == failed {
		return v
	}
	state := bytes.TrimSpace(members["state"])
	if len(state) == 0 || state[0] != '{' {
		return verdict{outcome: failed, why: "the answer has no state"}
	}
	v.state = state
	return v
}

// membersOf returns the members of an object, and whether the text is JSON at
// all. Other values have no members.
func membersOf(payload []byte) (members map[string]json.RawMessage, isJSON bool) {
	if err := json.Unmarshal(payload, &members); err == nil {
		return members, true
	}
	return nil, json.Valid(payload)
}

// reported reads batchItemFailures.
func reported(raw json.RawMessage, items []item) verdict {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return verdict{}
	}
	var list []map[string]json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return verdict{outcome: failed, why: "batchItemFailures is not a list of objects"}
	}
	lowest := len(items)
	for _, failure := range list {
		var id string
		if err := json.Unmarshal(failure["itemIdentifier"], &id); err != nil {
			return verdict{outcome: failed, why: "a batch item failure has no itemIdentifier"}
		}
		at := placeOf(items, id)
		if at < 0 {
			return verdict{outcome: failed, why: "an itemIdentifier is not of this batch"}
		}
		lowest = min(lowest, at)
	}
	if lowest == len(items) {
		return verdict{}
	}
	return verdict{outcome: partly, lowest: lowest}
}

// placeOf finds a record by its sequence number, −1 when it is not there.
func placeOf(items []item, id string) int {
	i := sort.Search(len(items), func(i int) bool { return !below(items[i].record.SequenceNumber, id) })
	if i < len(items) && items[i].record.SequenceNumber == id {
		return i
	}
	return -1
}

// below compares sequence numbers, decimal integers of any length. The empty
// one is below all.
func below(a, b string) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

// errorText is the message of a function error, for people.
func errorText(r function.Result) string {
	const most = 512
	var e struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}
	text := "the function failed"
	if json.Unmarshal(r.Payload, &e) == nil && (e.Type != "" || e.Message != "") {
		text = e.Type + ": " + e.Message
	}
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
