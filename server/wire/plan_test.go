package wire

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

// Each type below disagrees with the toy model in one way.
func TestCompileRefuses(t *testing.T) {
	svc, err := readModel(toyModel)
	require.NoError(t, err)
	said := svc.Operations["Said"]
	in := func(inner any) reflect.Type {
		return reflect.StructOf([]reflect.StructField{{Name: "Inside", Type: reflect.PointerTo(reflect.TypeOf(inner))}})
	}
	for _, c := range []struct {
		in   any
		want string
	}{
		{struct{ Text *string }{}, "the model has a member When"},
		{struct {
			Text string
			When *time.Time
		}{}, "a string cannot be absent"},
		{struct {
			Text *int32
			When *time.Time
		}{}, "the model has a Text, Go a *int32"},
		{struct {
			Text *string
			When time.Time
		}{}, "a time.Time cannot be absent"},
		{struct {
			Text  *string
			When  *time.Time
			Ratio *float32
		}{}, "the model has a Double, Go a *float32"},
		{struct {
			Text    *string
			When    *time.Time
			Ratio   *float64
			Numbers []*int32
		}{}, "elements must not be pointers"},
		{struct {
			Text    *string
			When    *time.Time
			Ratio   *float64
			Numbers []int64
		}{}, "the model has a Integer, Go a int64"},
		{struct {
			Text    *string
			When    *time.Time
			Ratio   *float64
			Numbers *[]int32
		}{}, "the model has a Numbers, Go a *[]int32"},
		{struct{ toyInner }{}, "lacks it"},
	} {
		_, err := Compile(said, in(c.in), reflect.TypeFor[toySaid]())
		require.ErrorContains(t, err, c.want)
		_, err = Compile(said, reflect.TypeFor[toySaid](), in(c.in))
		require.ErrorContains(t, err, c.want)
	}
	_, err = Compile(said, nil, reflect.TypeFor[toySaid]())
	require.ErrorContains(t, err, "the input must be a struct")
	_, err = Compile(said, reflect.TypeFor[toySaid](), reflect.TypeFor[string]())
	require.ErrorContains(t, err, "the output must be a struct")
}

// Operations without input or output take any body and answer with none.
func TestNoShapes(t *testing.T) {
	svc, err := readModel("service s protocols=json-1.1\noperation Ping POST / 200\n")
	require.NoError(t, err)
	p, err := Compile(svc.Operations["Ping"], nil, nil)
	require.NoError(t, err)
	require.Nil(t, p.NewInput())
	require.Nil(t, p.Validate(nil, nil))
	for protocol, body := range map[Protocol]string{JSON11: `{"a":[1]}`, CBOR11: "\xa1\x01\x02", RestJSON1: "", Query: "Action=Ping"} {
		in, _, err := CodecFor(protocol).DecodeInput(p, &Request{Body: []byte(body)})
		require.NoError(t, err)
		require.Nil(t, in)
		r, err := CodecFor(protocol).EncodeOutput(p, nil)
		require.NoError(t, err)
		require.Equal(t, 200, r.Status)
	}
}

func TestModelText(t *testing.T) {
	for text, want := range map[string]string{
		"structure":                       "two words",
		"fruit Apple":                     "unknown kind",
		"  A B":                           "outside of a structure",
		"structure A\n  B C at=moon":      "unknown location",
		"structure A\n  B C":              "shape C is not defined",
		"error A":                         "status and key",
		"error A x message":               "invalid syntax",
		"operation A POST":                "method, path and status",
		"operation A POST / x":            "invalid syntax",
		"operation A POST / 200 errors=B": "error B is not defined",
		"string A min=x":                  "invalid syntax",
		"string A pattern=\"x":            "invalid syntax",
		"string A pattern=\"\\q\"":        "invalid syntax",
		"list A of=B":                     "shape B is not defined",
	} {
		_, err := readModel(text)
		require.ErrorContains(t, err, want, text)
	}
	svc, ok := Find("kinesis")
	require.True(t, ok)
	require.Same(t, svc, Models()[0])
	require.Equal(t, "com.amazonaws.kinesis.v20131202", svc.ShapePackage)
	require.Equal(t, []Protocol{JSON11, CBOR11, RPCv2CBOR}, svc.Protocols)
	require.Equal(t, "Kinesis_20131202", svc.TargetPrefix)
	require.True(t, svc.Operations["SubscribeToShard"].Stream)
	require.Equal(t, 400, svc.Operations["PutRecord"].Errors["DryRunOperationException"])
	require.Equal(t, 500, svc.Operations["PutRecord"].Errors["InternalFailureException"])
	_, ok = Find("sqs")
	require.False(t, ok)
	// A recursive model is compiled and ends.
	_, err := readModel("structure A\n  Self A\n  All As\nlist As of=A")
	require.NoError(t, err)
}

// Lists and maps beyond what anyone may send are cut, or refused where the
// model has no maximum.
func TestListsAreBounded(t *testing.T) {
	p := toyPlan(t, "Everything", toyInput{}, toyOutput{})
	numbers := `{"Numbers":[` + strings.Repeat("1,", keepUnbounded-1) + `1]}`
	_, _, err := CodecFor(RestJSON1).DecodeInput(p, &Request{Body: []byte(numbers)})
	require.NoError(t, err)
	numbers = `{"Numbers":[` + strings.Repeat("1,", keepUnbounded) + `1]}`
	_, _, err = CodecFor(RestJSON1).DecodeInput(p, &Request{Body: []byte(numbers)})
	require.Equal(t, malformed(), err)

	tags := compile(t, "kinesis", "AddTagsToStream")
	var b strings.Builder
	w := cborWriter{}
	w.head(cborMap, 1)
	w.text("Tags")
	w.head(cborMap, 6000)
	for i := range 6000 {
		key := strings.Repeat("k", i%90) + string(rune('a'+i/90))
		b.WriteString(`,"` + key + `":"v"`)
		w.text(key)
		w.text("v")
	}
	for protocol, body := range map[Protocol][]byte{JSON11: []byte(`{"Tags":{` + b.String()[1:] + `}}`), CBOR11: w.b} {
		in, notes, err := CodecFor(protocol).DecodeInput(tags, &Request{Body: body})
		require.NoError(t, err)
		require.Contains(t, tags.Validate(in, notes).Message, "Member must have length less than or equal to 200")
		require.LessOrEqual(t, reflect.ValueOf(in).Elem().FieldByName("Tags").Len(), keepScalars)
	}
}

func TestValidateTakesOnlyItsInput(t *testing.T) {
	p := compile(t, "kinesis", "GetRecords")
	const missing = "1 validation error detected: Value null at 'shardIterator' failed to satisfy constraint: Member must not be null"
	require.Equal(t, missing, p.Validate(nil, nil).Message)
	require.Equal(t, missing, p.Validate((*kinesis.GetRecordsInput)(nil), nil).Message)
	for _, in := range []any{5, kinesis.GetRecordsInput{}, &kinesis.PutRecordInput{}} {
		f := p.Validate(in, nil)
		require.Equal(t, 500, f.Status)
		require.Contains(t, f.Message, "GetRecords takes a *kinesis.GetRecordsInput, not a ")
	}
}
