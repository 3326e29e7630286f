package filter

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// record is one record with a payload.
func record(data string) Record {
	return Record{PartitionKey: "cust-7", SequenceNumber: "4964", ShardID: "shardId-000000000000",
		Arrival: time.UnixMilli(1764000000987), Data: []byte(data),
		SourceARN: "arn:aws:kinesis:eu-west-1:000000000000:stream/orders", Region: "eu-west-1",
		Identity: "arn:aws:iam::000000000000:role/r"}
}

func compiledOf(t *testing.T, patterns ...string) *Filter {
	t.Helper()
	f, err := Compile(patterns)
	require.NoError(t, err)
	return f
}

// The rows of reference 1.9: each rule, and payloads that pass and do not.
func TestRules(t *testing.T) {
	for _, c := range []struct {
		name, pattern string
		pass, drop    []string
	}{
		{"equals, or", `{"data":{"state":["A","B"]}}`,
			[]string{`{"state":"A"}`, `{"state":"B","x":1}`, `{"state":["C","B"]}`},
			[]string{`{"state":"a"}`, `{"state":"AB"}`, `{}`, `{"state":null}`, `{"state":{"A":"A"}}`, `{"state":[]}`, `[]`, `"A"`, `{"x":{"state":"A"}}`}},
		{"all fields", `{"data":{"a":["x"],"b":["y"]}}`, []string{`{"b":"y","a":"x"}`}, []string{`{"a":"x"}`, `{"a":"x","b":"x"}`}},
		{"nested", `{"data":{"a":{"b":{"c":[true]}}}}`, []string{`{"a":{"b":{"c":true}}}`}, []string{`{"a":{"b":{"c":"true"}}}`, `{"a":{"b":true}}`, `{"a":true}`}},
		{"literals", `{"data":{"a":[true,null,7]}}`, []string{`{"a":true}`, `{"a":null}`, `{"a":7}`}, []string{`{"a":false}`, `{"a":"null"}`, `{"a":"7"}`, `{}`}},
		{"null", `{"data":{"a":[null]}}`, []string{`{"a":null}`}, []string{`{"a":""}`, `{}`, `{"a":0}`, `{"a":false}`}},
		{"empty", `{"data":{"a":[""]}}`, []string{`{"a":""}`}, []string{`{"a":null}`, `{"a":" "}`, `{}`}},
		{"number literals by text", `{"data":{"a":[10]}}`, []string{`{"a":10}`}, []string{`{"a":10.0}`, `{"a":1e1}`, `{"a":"10"}`, `{"a":-10}`}},
		{"number literal with a fraction", `{"data":{"a":[1.50]}}`, []string{`{"a":1.50}`}, []string{`{"a":1.5}`}},
		{"anything-but one", `{"data":{"a":[{"anything-but":"x"}]}}`, []string{`{"a":"y"}`, `{"a":1}`, `{"a":null}`, `{"a":["x","y"]}`}, []string{`{"a":"x"}`, `{}`, `{"a":["x"]}`, `{"a":{"b":1}}`}},
		{"anything-but list", `{"data":{"a":[{"anything-but":["x","y"]}]}}`, []string{`{"a":"z"}`}, []string{`{"a":"x"}`, `{"a":"y"}`, `{}`}},
		{"anything-but numbers", `{"data":{"a":[{"anything-but":[1,2]}]}}`, []string{`{"a":3}`, `{"a":"1"}`, `{"a":1.0}`}, []string{`{"a":1}`, `{"a":2}`, `{}`}},
		{"numeric between", `{"data":{"a":[{"numeric":[">",10,"<=",20]}]}}`, []string{`{"a":10.5}`, `{"a":20}`, `{"a":2e1}`, `{"a":20.0}`}, []string{`{"a":10}`, `{"a":20.01}`, `{"a":"15"}`, `{}`, `{"a":null}`}},
		{"numeric equals by value", `{"data":{"a":[{"numeric":["=",10]}]}}`, []string{`{"a":10}`, `{"a":10.0}`, `{"a":1e1}`}, []string{`{"a":10.1}`, `{"a":"10"}`}},
		{"numeric below", `{"data":{"a":[{"numeric":["<",0]}]}}`, []string{`{"a":-1}`}, []string{`{"a":0}`, `{"a":1}`}},
		{"numeric from", `{"data":{"a":[{"numeric":[">=",0,"<",1]}]}}`, []string{`{"a":0}`, `{"a":-0}`, `{"a":0.999}`}, []string{`{"a":1}`, `{"a":-0.1}`}},
		{"numeric beyond floats", `{"data":{"a":[{"numeric":[">",0]}]}}`, []string{`{"a":1e300}`}, []string{`{"a":1e999}`}},
		{"exists", `{"data":{"a":[{"exists":true}]}}`, []string{`{"a":null}`, `{"a":0}`, `{"a":[1]}`}, []string{`{}`, `{"a":{"b":1}}`, `{"a":[]}`, `{"b":1}`, `7`}},
		{"exists not", `{"data":{"a":[{"exists":false}]}}`, []string{`{}`, `{"b":1}`, `{"a":{"b":1}}`, `{"a":[]}`, `7`, `[]`}, []string{`{"a":null}`, `{"a":0}`, `[{"a":1},{"b":1}]`}},
		{"exists not, deeper", `{"data":{"a":{"b":[{"exists":false}]}}}`, []string{`{}`, `{"a":1}`, `{"a":{}}`, `{"a":[{"c":1}]}`}, []string{`{"a":{"b":1}}`, `{"a":[{"c":1},{"b":1}]}`}},
		{"absent or a value", `{"data":{"a":[{"exists":false},"x"]}}`, []string{`{}`, `{"a":"x"}`}, []string{`{"a":"y"}`}},
		{"prefix", `{"data":{"a":[{"prefix":"eu-"}]}}`, []string{`{"a":"eu-west-1"}`, `{"a":"eu-"}`, `{"a":["us","eu-1"]}`}, []string{`{"a":"EU-west-1"}`, `{"a":"eu"}`, `{"a":1}`, `{}`}},
		{"prefix, case-blind", `{"data":{"a":[{"prefix":{"equals-ignore-case":"EU-"}}]}}`, []string{`{"a":"eu-west-1"}`, `{"a":"Eu-x"}`}, []string{`{"a":"e"}`, `{"a":"us-eu-"}`}},
		{"suffix", `{"data":{"a":[{"suffix":".png"}]}}`, []string{`{"a":"x.png"}`, `{"a":".png"}`}, []string{`{"a":"x.PNG"}`, `{"a":"png"}`}},
		{"suffix, case-blind", `{"data":{"a":[{"suffix":{"equals-ignore-case":".png"}}]}}`, []string{`{"a":"x.PNG"}`}, []string{`{"a":"x.pn"}`}},
		{"case-blind", `{"data":{"a":[{"equals-ignore-case":"aBc"}]}}`, []string{`{"a":"AbC"}`, `{"a":"abc"}`}, []string{`{"a":"abcd"}`, `{"a":1}`}},
		{"several fields", `{"data":{"$or":[{"a":[1]},{"b":[2]}]}}`, []string{`{"a":1}`, `{"b":2}`, `{"a":1,"b":3}`}, []string{`{"a":2,"b":1}`, `{}`}},
		{"several fields and one", `{"data":{"c":[0],"$or":[{"a":[1]},{"b":[2]}]}}`, []string{`{"a":1,"c":0}`}, []string{`{"a":1}`, `{"c":0}`}},
		{"$or in $or", `{"data":{"$or":[{"a":[1]},{"$or":[{"b":[1]},{"c":[1]}]}]}}`, []string{`{"a":1}`, `{"b":1}`, `{"c":1}`}, []string{`{"d":1}`}},
		{"$or of one is a name", `{"data":{"$or":[{"prefix":"x"}]}}`, []string{`{"$or":"xy"}`}, []string{`{"$or":"y"}`}},
		{"$or of operators is a name", `{"data":{"$or":[{"prefix":"x"},{"prefix":"y"}]}}`, []string{`{"$or":"y"}`}, []string{`{"$or":"z"}`}},
		{"one element of an array as a whole", `{"data":{"l":{"a":[1],"b":[2]}}}`, []string{`{"l":[{"a":1},{"a":1,"b":2}]}`}, []string{`{"l":[{"a":1},{"b":2}]}`}},
		{"arrays in arrays", `{"data":{"a":[1]}}`, []string{`{"a":[[2],[1]]}`}, []string{`{"a":[[2]]}`}},
		{"operators are names elsewhere", `{"data":{"prefix":{"numeric":["x"]}}}`, []string{`{"prefix":{"numeric":"x"}}`}, []string{`{"prefix":"x"}`}},
		{"escapes", `{"data":{"ü\u0041":["\u00e9"]}}`, []string{`{"üA":"é"}`, `{"\u00fcA":"\u00e9"}`}, []string{`{"üA":"e"}`}},
	} {
		t.Run("1.9 "+c.name, func(t *testing.T) {
			f := compiledOf(t, c.pattern)
			for _, data := range c.pass {
				require.True(t, f.Match(record(data)), "%s should pass %s", data, c.pattern)
			}
			for _, data := range c.drop {
				require.False(t, f.Match(record(data)), "%s should not pass %s", data, c.pattern)
			}
		})
	}
}

// The table at the end of 1.9: what the payload is against what the pattern asks.
func TestPayloads(t *testing.T) {
	json, text := `{"a":1}`, "hello"
	t.Run("1.9 row 1 JSON, JSON pattern: match", func(t *testing.T) {
		require.True(t, compiledOf(t, `{"data":{"a":[1]}}`).Match(record(json)))
		require.False(t, compiledOf(t, `{"data":{"a":[2]}}`).Match(record(json)))
	})
	t.Run("1.9 row 2 no data part: metadata only", func(t *testing.T) {
		for _, data := range []string{json, text, "", "\x00\xff"} {
			require.True(t, compiledOf(t, `{"partitionKey":["cust-7"]}`).Match(record(data)))
			require.False(t, compiledOf(t, `{"partitionKey":["cust-8"]}`).Match(record(data)))
		}
	})
	t.Run("1.9 row 3 no JSON, JSON pattern: dropped", func(t *testing.T) {
		for _, data := range []string{text, "", "{", `{"a":1} x`, `{"a":1}{"a":1}`, "\x00"} {
			require.False(t, compiledOf(t, `{"data":{"a":[1]}}`).Match(record(data)), data)
			require.False(t, compiledOf(t, `{"data":{"a":[{"exists":false}]}}`).Match(record(data)), data)
		}
	})
	t.Run("1.9 row 4 pattern over text: refused", func(t *testing.T) {
		for _, pattern := range []string{`{"data":["hello"]}`, `{"data":[{"prefix":"h"}]}`, `{"data":"hello"}`} {
			_, err := Compile([]string{pattern})
			require.Error(t, err, pattern)
		}
	})
}

func TestMetadata(t *testing.T) {
	for _, pattern := range []string{
		`{"partitionKey":[{"prefix":"cust"}]}`, `{"sequenceNumber":["4964"]}`, `{"kinesisSchemaVersion":["1.0"]}`,
		`{"approximateArrivalTimestamp":[{"numeric":[">",1764000000.9,"<",1764000001]}]}`, `{"eventSource":["aws:kinesis"]}`,
		`{"eventVersion":["1.0"]}`, `{"eventID":["shardId-000000000000:4964"]}`, `{"eventName":["aws:kinesis:record"]}`,
		`{"awsRegion":["eu-west-1"]}`, `{"eventSourceARN":[{"suffix":"stream/orders"}]}`,
		`{"invokeIdentityArn":[{"exists":true}]}`, `{"kinesis":[{"exists":false}]}`,
	} {
		require.True(t, compiledOf(t, pattern).Match(record("x")), pattern)
	}
}

func TestAnyPatternWillDo(t *testing.T) {
	require.True(t, compiledOf(t).Match(record("x")))
	require.True(t, (*Filter)(nil).Match(record("x")))
	f := compiledOf(t, `{"data":{"a":[1]}}`, `{"data":{"a":[2]}}`, `{"partitionKey":["k"]}`)
	require.True(t, f.Match(record(`{"a":2}`)))
	require.False(t, f.Match(record(`{"a":3}`)))
	r := record("no JSON")
	require.False(t, f.Match(r))
	r.PartitionKey = "k"
	require.True(t, f.Match(r), "a payload that cannot be read fails only the patterns that look into it")
}

func TestRefused(t *testing.T) {
	for pattern, reason := range map[string]string{
		``: "is not JSON", `x`: "is not JSON", `{"a":["x"]} {}`: "is not JSON", `{"a":["x"],}`: "is not JSON",
		`null`: "is not an object", `"simple string"`: "is not an object", `[{"eventSource":["aws:kinesis"]}]`: "is not an object",
		`{}`: "has an empty object", `{"data":{}}`: "has an empty object", `{"data":{"a":{}}}`: "has an empty object",
		`{"eventSource":"aws:kinesis"}`:               `has neither an object nor an array at "eventSource"`,
		`{"eventSource":[]}`:                          `has an empty array at "eventSource"`,
		`{"a":[["x"]]}`:                               "has an array within an array",
		`{"a":[{}]}`:                                  "has a comparison that is not one operator",
		`{"a":[{"prefix":"x","suffix":"y"}]}`:         "has a comparison that is not one operator",
		`{"a":[{"wildcard":"x*"}]}`:                   `"wildcard" is no operator here`,
		`{"a":[{"cidr":"10.0.0.0/8"}]}`:               `"cidr" is no operator here`,
		`{"a":[{"Prefix":"x"}]}`:                      `"Prefix" is no operator here`,
		`{"a":[{"exists":"true"}]}`:                   "exists wants true or false",
		`{"a":[{"prefix":7}]}`:                        "an operator over texts has something else",
		`{"a":[{"prefix":{"wildcard":"x"}}]}`:         "prefix knows equals-ignore-case only",
		`{"a":[{"suffix":{"equals-ignore-case":7}}]}`: "an operator over texts has something else",
		`{"a":[{"equals-ignore-case":["x"]}]}`:        "an operator over texts has something else",
		`{"a":[{"anything-but":[]}]}`:                 "anything-but has an empty list",
		`{"a":[{"anything-but":["x",1]}]}`:            "anything-but wants texts only or numbers only",
		`{"a":[{"anything-but":{"prefix":"x"}}]}`:     "anything-but wants texts only or numbers only",
		`{"a":[{"anything-but":null}]}`:               "anything-but wants texts only or numbers only",
		`{"a":[{"numeric":10}]}`:                      "numeric wants one or two comparisons",
		`{"a":[{"numeric":["<",1,">"]}]}`:             "numeric wants one or two comparisons",
		`{"a":[{"numeric":["<","1"]}]}`:               "numeric compares with something that is no number",
		`{"a":[{"numeric":["!",1]}]}`:                 "numeric has an unknown comparison",
		`{"a":[{"numeric":[1,1]}]}`:                   "numeric has an unknown comparison",
		`{"a":[{"numeric":["<",1e999]}]}`:             "numeric has a number out of range",
		`{"a":[{"numeric":["<",1,">",0]}]}`:           "numeric wants a lower bound before an upper one",
		`{"a":[{"numeric":[">",1,"<",1]}]}`:           "numeric wants a lower bound before an upper one",
		`{"a":[{"numeric":["=",1,"<",2]}]}`:           "numeric wants a lower bound before an upper one",
		`{"a":[{"numeric":[">",1,"?",2]}]}`:           "numeric has an unknown comparison",
		`{"$or":[{"a":[1]}]}`:                         `"a" is no operator here`,
		`{"$or":[{"a":[1]},{"b":1}]}`:                 `has neither an object nor an array at "b"`,
		`{"$or":[{"a":[1]},{}]}`:                      "has an empty object",
		nested(200):                                   "nests too deep",
	} {
		_, err := Compile([]string{`{"a":["x"]}`, pattern})
		require.Equal(t, &PatternError{Index: 1, Reason: reason}, err, pattern)
		require.EqualError(t, err, "filter pattern 1: "+reason)
	}
}

func nested(depth int) string {
	return strings.Repeat(`{"a":`, depth) + `["x"]` + strings.Repeat("}", depth)
}

func TestDeepPayload(t *testing.T) {
	f := compiledOf(t, `{"data":`+nested(90)+`}`)
	require.True(t, f.Match(record(nested(90))))
	require.False(t, f.Match(record(nested(5000))))
	require.False(t, f.Match(record(strings.Repeat("[", 20000))))
}

// FuzzMatch holds that no pattern and no payload can break a filter, that the
// payload stays as it was, and that a literal of a document matches it.
func FuzzMatch(f *testing.F) {
	for _, pattern := range []string{`{"data":{"a":[1,{"exists":false}]}}`, `{"data":{"$or":[{"a":["x"]},{"b":{"c":[{"numeric":["<",3]}]}}]}}`,
		`{"data":{"a":[{"anything-but":["x"]},{"prefix":{"equals-ignore-case":"q"}}]}}`} {
		f.Add(pattern, `{"a":[1,{"b":2}],"b":{"c":1e0}}`)
	}
	f.Fuzz(func(t *testing.T, pattern, data string) {
		r := record(data)
		compiled, err := Compile([]string{pattern})
		if err == nil {
			first := compiled.Match(r)
			require.Equal(t, first, compiled.Match(r))
			require.Equal(t, data, string(r.Data))
		}
		text, err := json.Marshal(data)
		require.NoError(t, err)
		literal, err := Compile([]string{fmt.Sprintf(`{"data":{"v":[%s]}}`, text)})
		require.NoError(t, err)
		require.True(t, literal.Match(record(fmt.Sprintf(`{"v":%s}`, text))))
	})
}

func BenchmarkMatch(b *testing.B) {
	f, err := Compile([]string{`{"data":{"state":["A"],"total":[{"numeric":[">",10]}]}}`})
	require.NoError(b, err)
	r := record(`{"state":"A","total":12,"items":[{"sku":"x","n":1},{"sku":"y","n":2}],"note":"` + strings.Repeat("x", 100) + `"}`)
	b.ReportAllocs()
	for b.Loop() {
		f.Match(r)
	}
}
