package convert

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rowOf numbers the coercions that are test cases of the reference.
func rowOf(kind, record string) string {
	switch {
	case strings.Contains(record, "}\n {"):
		return "40 "
	case kind == "timestamp" && strings.HasPrefix(record, `{"c":1518033528}`):
		return "41 "
	case kind == "array<int>", kind == "struct<a:int>", kind == "struct<a:int,b:string,d:int>":
		return "42 "
	}
	return ""
}

// The coercions of the reference, as measured, and what was decided beside them.
func TestOpenX(t *testing.T) {
	const mismatch = "MalformedData: Data does not match the schema. "
	for _, c := range []struct{ kind, record, want string }{
		{"double", `{"c":"2.25"}`, "2.25"},
		{"double", `{"c":" 2.25d "}`, "2.25"},
		{"double", `{"c":"NaN"}`, "NaN"},
		{"double", `{"c":"-Infinity"}`, "-Inf"},
		{"double", `{"c":1e400}`, "+Inf"},
		{"double", `{"c":"oops"}`, mismatch + `For input string: "oops"`},
		{"double", `{"c":"0x10"}`, mismatch + `For input string: "0x10"`},
		{"double", `{"c":0.1}`, "0.1"},
		{"double", `{"c":-123456789.123456789012}`, "-1.2345678912345679e+08"},
		{"double", `{"c":true}`, mismatch + `For input string: "true"`},
		{"float", `{"c":1.5}`, "1.5"},
		{"int", `{"c":"20"}`, "20"},
		{"int", `{"c":2.0}`, "2"},
		{"int", `{"c":3e2}`, "300"},
		{"int", `{"c":2.7}`, mismatch + `For input string: "2.7"`},
		{"int", `{"c":3000000000}`, mismatch + `For input string: "3000000000"`},
		{"int", `{"c":""}`, mismatch + `For input string: ""`},
		{"int", `{"c":[1]}`, mismatch + `For input string: "[1]"`},
		{"tinyint", `{"c":-128}`, "-128"},
		{"tinyint", `{"c":128}`, mismatch + `For input string: "128"`},
		{"smallint", `{"c":"32767"}`, "32767"},
		{"bigint", `{"c":-9223372036854775808}`, "-9223372036854775808"},
		{"bigint", `{"c":9223372036854775808}`, mismatch + `For input string: "9223372036854775808"`},
		{"boolean", `{"c":"TRUE"}{"c":"yes"}{"c":false}`, "true ; false ; false"},
		{"boolean", `{"c":1}`, mismatch + `For input string: "1"`},
		{"decimal(5,2)", `{"c":"1.005"}{"c":-1.005}{"c":7}{"c":"1e2"}`, "101e-2 ; -101e-2 ; 700e-2 ; 10000e-2"},
		{"decimal(5,2)", `{"c":1000}`, mismatch + `For input string: "1000"`},
		{"decimal(5,2)", `{"c":999.999}`, mismatch + `For input string: "999.999"`},
		{"decimal(38,0)", `{"c":-99999999999999999999999999999999999999}`, "-99999999999999999999999999999999999999e-0"},
		{"decimal(20,3)", `{"c":"-.5"}`, "-500e-3"},
		{"decimal", `{"c":"x"}`, mismatch + `For input string: "x"`},
		{"string", `{"c":1.50}{"c":true}{"c":null}{}`, `"1.50" ; "true" ; null ; null`},
		{"string", `{"c":{"Aa" : [ 1, {"B\u0041":"Cc"} ] }}`, `"{\"aa\":[1,{\"b\\u0041\":\"Cc\"}]}"`},
		{"string", `{"c":"a\u00e9\ud834\udd1e\ud834\n\/\""}`, `"aé𝄞�\n/\""`},
		{"string", "{\"c\":\"a\xffb\"}", `"a�b"`},
		{"varchar(2)", `{"c":"éèê"}`, `"éè"`},
		{"char(4)", `{"c":"a  b  "}`, `"a  b"`},
		{"char(3)", `{"c":"a  b"}`, `"a"`},
		{"array<int>", `{"c":7}{"c":[1,null,"2"]}{"c":[]}{"c":null}`, "[7] ; [1 null 2] ; [] ; null"},
		{"array<struct<a:int>>", `{"c":{"a":1}}`, "[{a:1}]"},
		{"array<array<int>>", `{"c":[[1,2],null,[],[3]]}`, "[[1 2] null [] [3]]"},
		{"struct<a:int,b:string,d:int>", `{"c":[1,"x"]}{"c":[1,"x",3,4]}`, `{a:1 b:"x" d:null} ; {a:1 b:"x" d:3}`},
		{"struct<a:int,b:string>", `{"c":{}}{"c":null}`, "{a:null b:null} ; null"},
		{"struct<a:int>", `{"c":42}`, mismatch + "Data is not JSONObject  but java.lang.Long with value 42"},
		{"struct<a:int>", `{"c":4.5}`, mismatch + "Data is not JSONObject  but java.lang.Double with value 4.5"},
		{"struct<a:int>", `{"c":"\u0041"}`, mismatch + "Data is not JSONObject  but java.lang.String with value A"},
		{"struct<ab:struct<cd:int>>", `{"C":{"AB":{"cD":1,"other":[{}]}}}`, "{ab:{cd:1}}"},
		{"map<string,int>", `{"c":{"Kk":1,"z":null}}{"c":{}}`, `["kk"=1 "z"=null] ; []`},
		{"map<int,string>", `{"c":{"1":"a"}}`, `[1="a"]`},
		{"map<string,array<int>>", `{"c":{"a":[1,2],"b":[],"d":null}}`, `["a"=[1 2] "b"=[] "d"=null]`},
		{"map<string,int>", `{"c":[1]}`, mismatch + "Data is not JSONObject  but org.openx.data.jsonserde.json.JSONArray with value [1]"},
		{"timestamp", `{"c":1518033528}{"c":1518033528123}{"c":"1518033528"}`, "2018-02-07T19:58:48 ; 2018-02-07T19:58:48.123 ; 2018-02-07T19:58:48"},
		{"timestamp", `{"c":1518033528.123456789}{"c":1.518033528123e12}{"c":-1}{"c":-1.5}`,
			"2018-02-07T19:58:48.123456789 ; 2018-02-07T19:58:48.123 ; 1969-12-31T23:59:59 ; 1969-12-31T23:59:58.5"},
		{"timestamp", `{"c":"2026-9-7 1:2:3.5"}{"c":"2026-09-07T01:02:03Z"}{"c":"2026-09-07T01:02:03.25"}`, "2026-09-07T01:02:03.5 ; 2026-09-07T01:02:03 ; 2026-09-07T01:02:03.25"},
		{"timestamp", `{"c":"2026-9-7T1:02:03"}`, mismatch + "Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff]"},
		{"timestamp", `{"c":"2026-09-07T01:02:03+02:00"}`, mismatch + "Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff]"},
		{"timestamp", `{"c":"2026-02-30 01:02:03"}`, mismatch + "Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff]"},
		{"timestamp", `{"c":"2026-02-03 24:00:00"}`, mismatch + "Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff]"},
		{"timestamp", `{"c":999999999999}`, "33658-09-27T01:46:39"}, // not wrapped, see docs
		{"date", `{"c":"2026-9-7"}{"c":"1969-12-31"}`, "2026-09-07 ; 1969-12-31"},
		{"date", `{"c":"2026-13-01"}`, mismatch + `For input string: "2026-13-01"`},
		{"date", `{"c":20260907}`, mismatch + `For input string: "20260907"`},
		{"int", "{\"c\":1}\n {\"c\":2}\r\n", "1 ; 2"},
		{"int", `{"c":1}{"c":"x"}`, mismatch + `For input string: "x"`},
		{"int", "", "MalformedData: The record was empty or contained only whitespace."},
		{"int", " \n", "MalformedData: The record was empty or contained only whitespace."},
		{"int", `"c"`, "MalformedData: The input JSON contained a primitive at the top level. The top level must be an object or array."},
		{"int", `[{"c":1}]`, "MalformedData: Data does not match the schema. A JSON array is not a valid record; the top level must be an object."},
		{"int", `{"c":1,"C":2}`, `ParseError: Encountered malformed JSON. Duplicate key "C"`},
		{"binary", `{"c":"x"}`, "DataFormatConversion.InvalidSchema: The schema is invalid. One or more columns have types that are not supported by org.openx.data.JsonSerDe"},
		{"array<binary>", `{}`, "DataFormatConversion.InvalidSchema: The schema is invalid. One or more columns have types that are not supported by org.openx.data.JsonSerDe"},
	} {
		t.Run(rowOf(c.kind, c.record)+c.kind+" "+c.record, func(t *testing.T) { require.Equal(t, c.want, one(t, c.kind, c.record, Options{})) })
	}
}

func TestOpenXOptions(t *testing.T) {
	require.Equal(t, "null ; 1", one(t, "int", `{"C":1}{"c":1}`, Options{CaseSensitive: true}))
	require.Equal(t, `["Kk"=1]`, one(t, "map<string,int>", `{"c":{"Kk":1}}`, Options{CaseSensitive: true}))
	require.Equal(t, `"{\"Aa\":1}"`, one(t, "string", `{"c":{"Aa":1}}`, Options{CaseSensitive: true}))
	require.Equal(t, "1 ; null", one(t, "int", `{"Time":1}{"c":1}`, Options{Keys: map[string]string{"c": "TIME"}}), "a mapped column has the other key only")
	require.Equal(t, "1", one(t, "int", `{"@t":1}`, Options{Keys: map[string]string{"c": "@t"}}))
	p, err := Compile([]Column{{"a_b", "int"}, {"S", "struct<c_d:int>"}}, Options{Dots: true})
	require.NoError(t, err)
	r := p.NewRows()
	require.NoError(t, r.Read([]byte(`{"a.b":1,"s":{"c.d":2}}`)))
	require.Equal(t, []int64{1}, r.Values()[0].Ints)
	require.Equal(t, []int64{2}, r.Values()[1].Ints)
	require.Equal(t, "s", p.Schema()[1].Name)
}

// Hints of keys do not mislead when the next record has others.
func TestKeysInAnyOrder(t *testing.T) {
	p, err := Compile([]Column{{"a", "int"}, {"b", "int"}}, Options{})
	require.NoError(t, err)
	r := p.NewRows()
	for _, c := range []struct {
		record string
		a, b   []int64
	}{
		{`{"a":1,"b":2}`, []int64{1}, []int64{2}}, {`{"b":2,"a":1}`, []int64{1}, []int64{2}}, {`{"B":4}`, nil, []int64{4}},
		{`{"x":0,"\u0061":5,"b":6}`, []int64{5}, []int64{6}}, {`{"a":1,"b":2}`, []int64{1}, []int64{2}},
		{`{"` + strings.Repeat("long", 100) + `":0,"a":7}`, []int64{7}, nil},
	} {
		require.NoError(t, r.Read([]byte(c.record)))
		require.Equal(t, append([]int64{}, c.a...), append([]int64{}, r.Values()[0].Ints...), c.record)
		require.Equal(t, append([]int64{}, c.b...), append([]int64{}, r.Values()[1].Ints...), c.record)
	}
}
