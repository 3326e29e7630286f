package poller

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/lambda/function"
)

// TestAnswers is the table of 1.6. The batch has the records 10, 11 and 12.
func TestAnswers(t *testing.T) { t.Run("7.2 the table of answers", answers) }

func answers(t *testing.T) {
	records := []Record{{SequenceNumber: "10"}, {SequenceNumber: "11"}, {SequenceNumber: "12"}}
	var items []item
	for i := range records {
		items = append(items, item{record: &records[i]})
	}
	const (
		ok   = -1 // success
		all  = -2 // all of the batch has failed
		none = ok
	)
	list := func(items string) string { return `{"batchItemFailures":[` + items + `]}` }
	rows := []struct {
		name, payload, kind string
		without, with       int // ok, all or the place of the lowest failure
	}{
		{"1 function error", `{"errorType":"E","errorMessage":"m"}`, function.Unhandled, all, all},
		{"1 function error, handled", `x`, function.Handled, all, all},
		{"1 function error with a report", list(`{"itemIdentifier":"11"}`), function.Unhandled, all, all},
		{"2 nothing", ``, "", none, ok},
		{"2 empty string", `""`, "", ok, ok},
		{"2 null", `null`, "", ok, ok},
		{"2 object", `{}`, "", ok, ok},
		{"2 list", `[]`, "", ok, ok},
		{"2 white space", " \n", "", ok, ok},
		{"2 null failures", `{"batchItemFailures":null}`, "", ok, ok},
		{"2 no failures", `{"batchItemFailures":[]}`, "", ok, ok},
		{"2 other members", `{"statusCode":200}`, "", ok, ok},
		{"3 one failure", list(`{"itemIdentifier":"11"}`), "", ok, 1},
		{"3 lowest of three", list(`{"itemIdentifier":"12"},{"itemIdentifier":"10"},{"itemIdentifier":"11"}`), "", ok, 0},
		{"3 twice the same", list(`{"itemIdentifier":"12"},{"itemIdentifier":"12"}`), "", ok, 2},
		{"4 empty identifier", list(`{"itemIdentifier":""}`), "", ok, all},
		{"4 null identifier", list(`{"itemIdentifier":null}`), "", ok, all},
		{"4 no identifier", list(`{}`), "", ok, all},
		{"4 wrong key", list(`{"foo":"11"}`), "", ok, all},
		{"4 wrong key beside a good one", list(`{"itemIdentifier":"12"},{"foo":"11"}`), "", ok, all},
		{"4 foreign sequence number", list(`{"itemIdentifier":"13"}`), "", ok, all},
		{"4 foreign beside a good one", list(`{"itemIdentifier":"11"},{"itemIdentifier":"9"}`), "", ok, all},
		{"4 a number", list(`{"itemIdentifier":11}`), "", ok, all},
		{"4 null item", list(`null`), "", ok, all},
		{"4 not a list", `{"batchItemFailures":"11"}`, "", ok, all},
		{"5 not JSON", `done`, "", ok, all},
		{"5 half a JSON", `{"batchItemFailures":[`, "", ok, all},
	}
	place := func(v verdict) int {
		switch v.outcome {
		case succeeded:
			return ok
		case failed:
			require.NotEmpty(t, v.why)
			return all
		}
		return v.lowest
	}
	for _, row := range rows {
		t.Run("1.6 row "+row.name, func(t *testing.T) {
			r := function.Result{Payload: []byte(row.payload), Error: row.kind}
			require.Equal(t, row.without, place(interpret(r, items, expectations{})), "without ReportBatchItemFailures")
			require.Equal(t, row.with, place(interpret(r, items, expectations{report: true})), "with it")
		})
	}
}

func TestErrorText(t *testing.T) {
	text := func(payload string) string { return errorText(function.Result{Payload: []byte(payload)}) }
	require.Equal(t, "Runtime.ExitError: exit status 1", text(`{"errorType":"Runtime.ExitError","errorMessage":"exit status 1"}`))
	require.Equal(t, "the function failed", text(`garbage`))
	require.Equal(t, "the function failed", text(`{}`))
	long := make([]byte, 2000)
	for i := range long {
		long[i] = 'x'
	}
	require.Len(t, text(`{"errorType":"E","errorMessage":"`+string(long)+`"}`), 512+len("…"))
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"batchItemFailures":[{"itemIdentifier":"1"}],"state":{}}`))
	records := []Record{{SequenceNumber: "1"}, {SequenceNumber: "2"}}
	items := []item{{record: &records[0]}, {record: &records[1]}}
	f.Fuzz(func(t *testing.T, payload []byte) {
		for i := range 8 {
			v := interpret(function.Result{Payload: payload}, items, expectations{report: i&1 > 0, window: i&2 > 0, final: i&4 > 0})
			require.True(t, v.outcome != partly || v.lowest < len(items))
		}
	})
}
