package wire

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// A model that nests without end and has every scalar in lists and maps.
const treeModel = `service tree package=p namespace=urn:tree protocols=json-1.1,cbor-1.1,query,rest-json-1
operation Grow POST / 200 in=Tree out=Tree
operation Say POST / 200 in=Words out=Words
structure Tree
  Kids Trees
  Named TreeMap
  Lists ListMap
  Longs Longs
  Doubles Doubles
  Booleans Booleans
  Times Times
  Ratio Double
  Moods MoodMap
structure Words
  Text Text at=payload
  Count Integer at=header
  At Time at=header time=unixTimestamp
list Trees of=Tree
map TreeMap key=Text of=Tree
map ListMap key=Text of=Longs max=1
map MoodMap key=Text of=Mood
list Longs of=Long max=2
list Doubles of=Double min=2
list Booleans of=Boolean min=2
list Times of=Time min=2
string Text
string Mood enum=happy
long Long min=-5 max=5
double Double
boolean Boolean
integer Integer
timestamp Time
`

type (
	mood string
	tree struct {
		Kids     []tree
		Named    map[string]tree
		Lists    map[string][]int64
		Longs    []int64
		Doubles  []float64
		Booleans []bool
		Times    []time.Time
		Ratio    *float64
		Moods    map[string]mood
	}
	words struct {
		Text  *string
		Count *int32
		At    *time.Time
	}
)

func treePlan(t *testing.T, operation string, shape any) *Plan {
	t.Helper()
	svc, err := readModel(treeModel)
	require.NoError(t, err)
	p, err := Compile(svc.Operations[operation], reflect.TypeOf(shape), reflect.TypeOf(shape))
	require.NoError(t, err)
	return p
}

// Depth is bounded inside of known shapes as well.
func TestDeepShapes(t *testing.T) {
	p := treePlan(t, "Grow", tree{})
	nested := func(prefix, suffix string, n int) *Request {
		return &Request{Body: []byte(strings.Repeat(prefix, n) + "{}" + strings.Repeat(suffix, n))}
	}
	for _, c := range []struct {
		prefix, suffix string
		good           int
	}{{`{"Kids":[`, `]}`, 49}, {`{"Named":{"a":`, `}}`, 49}} {
		in, _, err := CodecFor(JSON11).DecodeInput(p, nested(c.prefix, c.suffix, c.good))
		require.NoError(t, err)
		w := cborWriter{}
		w.value(p.in, pointerTo(in))
		again, _, err := CodecFor(CBOR11).DecodeInput(p, &Request{Body: w.b})
		require.NoError(t, err)
		require.Equal(t, in, again)
		for n := c.good + 1; n < c.good+4; n++ {
			_, _, err = CodecFor(JSON11).DecodeInput(p, nested(c.prefix, c.suffix, n))
			require.Equal(t, malformed(), err)
		}
		for _, deep := range []string{"a1" + name("Kids") + "81", "a1" + name("Named") + "a1" + name("a")} {
			_, _, err = CodecFor(CBOR11).DecodeInput(p, &Request{Body: unhex(t, strings.Repeat(deep, 51)+"a0")})
			require.Equal(t, malformed(), err)
			_, _, err = CodecFor(CBOR11).DecodeInput(p, &Request{Body: unhex(t, strings.Repeat(deep, 50)+"a0")})
			require.Equal(t, malformed(), err)
		}
	}
}

func TestScalarsInContainers(t *testing.T) {
	p := treePlan(t, "Grow", tree{})
	in := &tree{Longs: []int64{-6, 1, 2}, Doubles: []float64{0.5}, Booleans: []bool{true}, Times: []time.Time{time.UnixMilli(1500).UTC()},
		Ratio: aws.Float64(0.25), Moods: map[string]mood{"a": ""}, Named: map[string]tree{"x": {}}, Kids: []tree{}}
	require.Equal(t, "6 validation errors detected: "+
		"Value '[-6, 1, 2]' at 'longs' failed to satisfy constraint: Member must have length less than or equal to 2; "+
		"Value '[-6, 1, 2]' at 'longs' failed to satisfy constraint: Member must satisfy constraint: "+
		"[Member must have value less than or equal to 5, Member must have value greater than or equal to -5]; "+
		"Value '[0.5]' at 'doubles' failed to satisfy constraint: Member must have length greater than or equal to 2; "+
		"Value '[true]' at 'booleans' failed to satisfy constraint: Member must have length greater than or equal to 2; "+
		"Value '[1.5]' at 'times' failed to satisfy constraint: Member must have length greater than or equal to 2; "+
		"Value '{a=}' at 'moods' failed to satisfy constraint: Map value must satisfy constraint: "+
		"[Member must satisfy enum value set: [happy]]", p.Validate(in, nil).Message)
	w := jsonWriter{}
	w.value(p.in, pointerTo(in))
	require.Equal(t, `{"Kids":[],"Named":{"x":{}},"Longs":[-6,1,2],"Doubles":[0.5],"Booleans":[true],"Times":[1.5],"Ratio":0.25,"Moods":{"a":""}}`,
		string(w.b))
	require.Positive(t, p.in.sizeHint(pointerTo(in)))
	again, _, err := CodecFor(JSON11).DecodeInput(p, &Request{Body: w.b})
	require.NoError(t, err)
	require.Equal(t, in, again)
	checkCBORTwin(t, p, in)
	got, _, err := CodecFor(CBOR11).DecodeInput(p, &Request{Body: unhex(t, "a1"+name("Doubles")+"84 05 24 f9 3e00 f9 0001")})
	require.NoError(t, err)
	require.Equal(t, []float64{5, -5, 1.5, 1.0 / (1 << 24)}, got.(*tree).Doubles)
}

func TestManyEntries(t *testing.T) {
	p := treePlan(t, "Grow", tree{})
	var body, form strings.Builder
	for i := range keepScalars + 10 {
		fmt.Fprintf(&body, `,"%d":[1]`, i)
	}
	in, notes, err := CodecFor(JSON11).DecodeInput(p, &Request{Body: []byte(`{"Lists":{` + body.String()[1:] + `}}`)})
	require.NoError(t, err)
	require.Contains(t, p.Validate(in, notes).Message, "Member must have length less than or equal to 1")
	require.Len(t, in.(*tree).Lists, keepScalars)

	// Without a maximum there is a refusal, in any protocol.
	body.Reset()
	w := cborWriter{}
	w.head(cborMap, 1)
	w.text("Moods")
	w.head(cborMap, keepUnbounded+1)
	for i := range keepUnbounded + 1 {
		fmt.Fprintf(&body, `,"%d":"happy"`, i)
		w.text(fmt.Sprint(i))
		w.text("happy")
	}
	_, _, err = CodecFor(JSON11).DecodeInput(p, &Request{Body: []byte(`{"Moods":{` + body.String()[1:] + `}}`)})
	require.Equal(t, malformed(), err)
	_, _, err = CodecFor(CBOR11).DecodeInput(p, &Request{Body: w.b})
	require.Equal(t, malformed(), err)
	w = cborWriter{}
	w.head(cborMap, 1)
	w.text("Doubles")
	w.head(cborList, keepUnbounded+1)
	for range keepUnbounded + 1 {
		w.int(1)
	}
	_, _, err = CodecFor(CBOR11).DecodeInput(p, &Request{Body: w.b})
	require.Equal(t, malformed(), err)

	for i := range maxFormFields {
		fmt.Fprintf(&form, "&a%d=", i)
	}
	_, _, err = CodecFor(Query).DecodeInput(p, &Request{Body: []byte(form.String())})
	require.Equal(t, malformed(), err)
	form.Reset()
	for i := range 500 {
		fmt.Fprintf(&form, "&%d%s=", i, strings.Repeat(".a", 100))
	}
	_, _, err = CodecFor(Query).DecodeInput(p, &Request{Body: []byte(form.String()[1:])})
	require.Equal(t, malformed(), err)
	query := url.Values{}
	for i := range keepUnbounded + 1 {
		query.Set(fmt.Sprintf("Doubles.member.%d", i+1), "1")
	}
	_, _, err = CodecFor(Query).DecodeInput(p, &Request{Query: query})
	require.Equal(t, malformed(), err)
}

func TestTextPayload(t *testing.T) {
	p := treePlan(t, "Say", words{})
	c := CodecFor(RestJSON1)
	at := time.UnixMilli(1500).UTC()
	in, _, err := c.DecodeInput(p, &Request{Body: []byte("hello"), Header: http.Header{"Count": {"3"}, "At": {"1.5"}}})
	require.NoError(t, err)
	require.Equal(t, &words{aws.String("hello"), aws.Int32(3), &at}, in)
	r, err := c.EncodeOutput(p, in)
	require.NoError(t, err)
	require.Equal(t, "hello", string(r.Body))
	require.Equal(t, http.Header{"Count": {"3"}, "At": {"1.5"}}, r.Header)
}

func TestUpperHex(t *testing.T) {
	require.Equal(t, "refused 4F: O", fmt.Sprintf("refused 4F: %s", text{raw: []byte(`\u004F`), escaped: true}.unescape(nil)))
	_, ok := hex4([]byte("00"))
	require.False(t, ok)
}

// A union member that holds nothing is no event.
func TestEmptyEvent(t *testing.T) {
	type streamMemberSubscribeToShardEvent struct{ Value *types.SubscribeToShardEvent }
	p := compile(t, "kinesis", "SubscribeToShard")
	_, _, err := p.EncodeEvent(CodecFor(JSON11), &streamMemberSubscribeToShardEvent{})
	require.ErrorContains(t, err, "the event is empty")
	type otherMemberSubscribeToShardEvent struct{ Value string }
	_, _, err = p.EncodeEvent(CodecFor(JSON11), &otherMemberSubscribeToShardEvent{})
	require.ErrorContains(t, err, "the model has a SubscribeToShardEvent, Go a string")
}

// A hopeless value is refused for its length without a look at its form.
func TestHopelessValues(t *testing.T) {
	huge := "arn:aws:kinesis:" + strings.Repeat("stream/", maxMatch/7)
	got := refusal(t, "kinesis", "DescribeStream", `{"StreamARN":"`+huge+`"}`)
	require.Contains(t, got, `1 validation error detected`)
	require.Contains(t, got, `at 'streamARN' failed to satisfy constraint: Member must have length less than or equal to 2048"}`)
}
