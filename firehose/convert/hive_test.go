package convert

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHive(t *testing.T) {
	const mismatch = "MalformedData: Data does not match the schema. "
	for _, c := range []struct {
		kind, record, want string
		formats            []string
	}{
		{kind: "int", record: `{"C":1}`, want: "1"},
		{kind: "int", record: `{"c":1,"C":2}`, want: "2"}, // the last one counts
		{kind: "int", record: `{"c":"1"}`, want: mismatch + "Current token (VALUE_STRING) not numeric, can not use numeric value accessors"},
		{kind: "decimal(5,2)", record: `{"c":"1"}`, want: mismatch + "Current token (VALUE_STRING) not numeric, can not use numeric value accessors"},
		{kind: "boolean", record: `{"c":"true"}`, want: mismatch + "Current token (VALUE_STRING) not of boolean type"},
		{kind: "string", record: `{"c":1.5}`, want: `"1.5"`},
		{kind: "string", record: `{"c":{}}`, want: mismatch + "One or more fields have incorrect format. Exception when validating field (root)"},
		{kind: "array<int>", record: `{"c":1}`, want: mismatch + "java.io.IOException: Start of Array expected"},
		{kind: "struct<a:int>", record: `{"c":[1]}`, want: mismatch + "java.io.IOException: Start of Object expected"},
		{kind: "map<string,int>", record: `{"c":1}`, want: mismatch + "java.io.IOException: Start of Object expected"},
		{kind: "map<string,int>", record: `{"c":{"Kk":1}}`, want: `["Kk"=1]`},
		{kind: "struct<ab:int>", record: `{"c":{"AB":1}}`, want: "{ab:1}"},
		{kind: "binary", record: `{"c":"raw"}`, want: `"raw"`},
		{kind: "timestamp", record: `{"c":"2026-9-7 1:2:3.5"}`, want: "2026-09-07T01:02:03.5"},
		{kind: "timestamp", record: `{"c":"2026-09-07T01:02:03"}`, want: mismatch + "Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff]"},
		{kind: "timestamp", record: `{"c":1}`, want: mismatch + "Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff]"},
		{kind: "timestamp", record: `{"c":1518033528123}{"c":"-1"}`, want: "2018-02-07T19:58:48.123 ; 1969-12-31T23:59:59.999", formats: []string{"millis"}},
		{kind: "timestamp", record: `{"c":"07/Sep/2026:01:02:03 +0200"}`, want: "2026-09-06T23:02:03", formats: []string{"millis", "dd/MMM/yyyy:HH:mm:ss Z"}},
		{kind: "timestamp", record: `{"c":"2026-09-07T01:02:03.120Z"}`, want: "2026-09-07T01:02:03.12", formats: []string{"yyyy-MM-dd'T'HH:mm:ss.SSSZZ"}},
		{kind: "timestamp", record: `{"c":"2026-09-07T01:02:03.120-01:30"}`, want: "2026-09-07T02:32:03.12", formats: []string{"yyyy-MM-dd'T'HH:mm:ss.SSSZZ"}},
		{kind: "timestamp", record: `{"c":"20260907010203"}`, want: "2026-09-07T01:02:03", formats: []string{"yyyyMMddHHmmss"}},
		{kind: "timestamp", record: `{"c":"Monday, September 7 26 1:02 PM"}`, want: "2026-09-07T13:02:00", formats: []string{"EEEE, MMMM d yy h:mm a"}},
		{kind: "timestamp", record: `{"c":"2026 250 o'clock 12 AM UTC"}`, want: "2026-09-07T00:00:00", formats: []string{"yyyy DDD 'o''clock' hh a z"}},
		{kind: "timestamp", record: `{"c":"2026-09-07 01:00 Europe/Berlin"}`, want: "2026-09-06T23:00:00", formats: []string{"yyyy-MM-dd HH:mm z"}},
		{kind: "timestamp", record: `{"c":"2026-09-31"}`, want: mismatch + `Invalid format: "2026-09-31"`, formats: []string{"yyyy-MM-dd", "millis"}},
		{kind: "timestamp", record: `{"c":"2026-09-07 x"}`, want: mismatch + `Invalid format: "2026-09-07 x"`, formats: []string{"yyyy-MM-dd"}},
	} {
		row := ""
		if c.kind == "int" && c.record == `{"c":"1"}` {
			row = "43 "
		}
		t.Run(row+c.kind+" "+c.record, func(t *testing.T) {
			require.Equal(t, c.want, one(t, c.kind, c.record, Options{Hive: true, TimestampFormats: c.formats}))
		})
	}
	require.NoError(t, CheckFormats([]string{"millis", "yyyy-MM-dd'T'HH:mm:ss"}))
	require.EqualError(t, CheckFormats([]string{"yyyy-bb"}), "Illegal pattern component: bb")
	require.EqualError(t, CheckFormats([]string{"yyyy'T"}), `The timestamp format "yyyy'T" has a quote that does not end.`)
}
