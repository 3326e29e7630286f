package wire

import (
	"net/http"
	"net/url"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"
)

// The services so far do not use every binding; this one does.
const toyModel = `service toy version=1 namespace=urn:toy protocols=rest-json-1,query
error Gone 410 Message typed
operation Everything PUT /things/{Name}/{At} 201 in=EverythingInput out=EverythingOutput errors=Gone
operation Raw POST /raw 200 in=RawInput out=RawOutput
operation Said POST /said 200 in=SaidInput out=SaidOutput
operation Nothing DELETE /nothing 204 in=NothingInput
structure EverythingInput
  Name Text required at=uri
  At Time at=uri
  Colors Colors at=querystring as=color
  Mode Mode at=querystring as=mode
  Since Time at=querystring as=since time=unixTimestamp
  Size Long at=header as=X-Size
  Ratio Double at=header as=X-Ratio
  Sure Boolean at=header as=X-Sure
  Sealed Blob at=header as=X-Sealed
  Seen Time at=header as=X-Seen
  Words Colors at=header as=X-Words
  Meta Meta at=headers as=X-Meta-
  Inside Inner
  Numbers Numbers
structure EverythingOutput
  Code Integer at=statusCode
  Size Long at=header as=X-Size
  Ratio Double at=header as=X-Ratio
  Sure Boolean at=header as=X-Sure
  Sealed Blob at=header as=X-Sealed
  Seen Time at=header as=X-Seen
  Day Time at=header as=X-Day time=iso8601
  Words Colors at=header as=X-Words
  Meta Meta at=headers as=X-Meta-
  Inside Inner
structure RawInput
  Data Blob at=payload
structure RawOutput
  Data Blob at=payload
  Type Text at=header as=Content-Type
structure SaidInput
  Inside Inner at=payload
structure SaidOutput
  Inside Inner at=payload
structure NothingInput
structure Inner
  Text Text
  When Time
  Ratio Double
  Numbers Numbers
  Modes Modes
list Colors of=Text max=4
list Numbers of=Integer
list Modes of=Mode
map Meta key=Text of=Text
string Text min=1
string Mode enum="a,b"
timestamp Time
long Long
integer Integer
double Double
boolean Boolean
blob Blob
`

type (
	toyMode  string
	toyInner struct {
		Text    *string
		When    *time.Time
		Ratio   *float64
		Numbers []int32
		Modes   []toyMode
	}
	toyInput struct {
		Name    *string
		At      *time.Time
		Colors  []string
		Mode    toyMode
		Since   *time.Time
		Size    *int64
		Ratio   *float64
		Sure    *bool
		Sealed  []byte
		Seen    *time.Time
		Words   []string
		Meta    map[string]string
		Inside  *toyInner
		Numbers []int32
	}
	toyOutput struct {
		Code      *int32
		Size      *int64
		Ratio     *float64
		Sure      *bool
		Sealed    []byte
		Seen, Day *time.Time
		Words     []string
		Meta      map[string]string
		Inside    *toyInner
	}
	toyRaw struct {
		Data []byte
		Type *string
	}
	toySaid    struct{ Inside *toyInner }
	toyNothing struct{}
)

func toyPlan(t testing.TB, operation string, in, out any) *Plan {
	t.Helper()
	svc, err := readModel(toyModel)
	require.NoError(t, err)
	p, err := Compile(svc.Operations[operation], reflect.TypeOf(in), reflect.TypeOf(out))
	require.NoError(t, err)
	return p
}

func TestRestEveryBinding(t *testing.T) {
	p := toyPlan(t, "Everything", toyInput{}, toyOutput{})
	at := time.UnixMilli(1545084650500).UTC()
	whole := time.Unix(1545084650, 0).UTC()
	got, notes, err := CodecFor(RestJSON1).DecodeInput(p, &Request{
		Path:  map[string]string{"Name": "a/b", "At": "2018-12-17T22:10:50.5Z"},
		Query: url.Values{"color": {"red", "blue"}, "mode": {""}, "since": {"1545084650.5"}, "other": {"x"}},
		Header: http.Header{"X-Size": {"12"}, "X-Ratio": {"0.5"}, "X-Sure": {"true"}, "X-Sealed": {"YWI="},
			"X-Seen": {"Mon, 17 Dec 2018 22:10:50 GMT"}, "X-Words": {"a, b", "c"}, "X-Meta-One": {"1"}},
		Body: []byte(`{"Inside":{"Text":"t","When":1545084650.5,"Ratio":2,"Numbers":[1,2.5],"Modes":["a",""]},"Numbers":[],"Name":"no"}`),
	})
	require.NoError(t, err)
	require.Equal(t, &toyInput{
		Name: aws.String("a/b"), At: &at, Colors: []string{"red", "blue"}, Since: &at, Size: aws.Int64(12), Ratio: aws.Float64(0.5),
		Sure: aws.Bool(true), Sealed: []byte("ab"), Seen: &whole, Words: []string{"a", "b", "c"}, Meta: map[string]string{"one": "1"},
		Inside:  &toyInner{Text: aws.String("t"), When: &at, Ratio: aws.Float64(2), Numbers: []int32{1, 2}, Modes: []toyMode{"a", ""}},
		Numbers: []int32{},
	}, got)
	require.Equal(t, "2 validation errors detected: Value '' at 'mode' failed to satisfy constraint: Member must satisfy enum value set: [a, b]; "+
		"Value '[a, ]' at 'inside.modes' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [a, b]]",
		p.Validate(got, notes).Message)
}

func TestRestWrongTypes(t *testing.T) {
	p := toyPlan(t, "Everything", toyInput{}, toyOutput{})
	for header, c := range map[string][2]string{
		"X-Size":   {"a", "class java.lang.String can not be converted to an Long"},
		"X-Ratio":  {"a", "class java.lang.String can not be converted to an Double"},
		"X-Sure":   {"maybe", "'MAYBE' can not be converted to an Boolean"},
		"X-Sealed": {"abc", "'abc' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 3"},
		"X-Seen":   {"now", "class java.lang.String can not be converted to milliseconds since epoch"},
	} {
		_, _, err := CodecFor(RestJSON1).DecodeInput(p, &Request{Header: http.Header{header: {c[0]}}})
		require.Equal(t, wrongType(c[1]), err, header)
	}
	for _, since := range []string{"NaN", "Inf", "x"} {
		_, _, err := CodecFor(RestJSON1).DecodeInput(p, &Request{Query: url.Values{"since": {since}}})
		require.Equal(t, wrongType("class java.lang.String can not be converted to milliseconds since epoch"), err)
	}
	for _, body := range []string{"[]", "{", "{}x", `"a"`} {
		_, _, err := CodecFor(RestJSON1).DecodeInput(p, &Request{Body: []byte(body)})
		require.Equal(t, malformed(), err, body)
	}
	many := make([]string, keepUnbounded+1)
	_, _, err := CodecFor(RestJSON1).DecodeInput(p, &Request{Query: url.Values{"color": many}})
	require.NoError(t, err, "a list with a maximum is left to the constraints")
}

func TestRestOutput(t *testing.T) {
	p := toyPlan(t, "Everything", toyInput{}, toyOutput{})
	at := time.UnixMilli(1545084650500)
	r, err := CodecFor(RestJSON1).EncodeOutput(p, &toyOutput{
		Code: aws.Int32(299), Size: aws.Int64(7), Ratio: aws.Float64(0.5), Sure: aws.Bool(false), Sealed: []byte("ab"), Seen: &at, Day: &at,
		Words: []string{"a", "b"}, Meta: map[string]string{"One": "1"}, Inside: &toyInner{Text: aws.String("<&>"), When: &at},
	})
	require.NoError(t, err)
	require.Equal(t, 299, r.Status)
	require.Equal(t, `{"Inside":{"Text":"<&>","When":1545084650.5}}`, string(r.Body))
	require.Equal(t, http.Header{"Content-Type": {"application/json"}, "X-Size": {"7"}, "X-Ratio": {"0.5"}, "X-Sure": {"false"},
		"X-Sealed": {"YWI="}, "X-Seen": {"Mon, 17 Dec 2018 22:10:50 GMT"}, "X-Day": {"2018-12-17T22:10:50.5Z"}, "X-Words": {"a, b"},
		"X-Meta-One": {"1"}}, r.Header)
	r, err = CodecFor(RestJSON1).EncodeOutput(p, nil)
	require.NoError(t, err)
	require.Equal(t, 201, r.Status)
	require.Equal(t, "{}", string(r.Body))
	_, err = CodecFor(RestJSON1).EncodeOutput(p, &toyInput{})
	require.ErrorContains(t, err, "answers with *wire.toyOutput, not *wire.toyInput")
	r, err = CodecFor(RestJSON1).EncodeOutput(toyPlan(t, "Nothing", toyNothing{}, toyNothing{}), &toyNothing{})
	require.NoError(t, err)
	require.Equal(t, 204, r.Status)
	require.Empty(t, r.Body)
	require.Empty(t, r.Header)
}

func TestRestPayloads(t *testing.T) {
	raw := toyPlan(t, "Raw", toyRaw{}, toyRaw{})
	c := CodecFor(RestJSON1)
	in, _, err := c.DecodeInput(raw, &Request{Body: []byte("any bytes")})
	require.NoError(t, err)
	require.Equal(t, &toyRaw{Data: []byte("any bytes")}, in)
	in, _, err = c.DecodeInput(raw, &Request{})
	require.NoError(t, err)
	require.Equal(t, &toyRaw{}, in)
	r, err := c.EncodeOutput(raw, &toyRaw{Data: []byte("media"), Type: aws.String("video/webm")})
	require.NoError(t, err)
	require.Equal(t, "media", string(r.Body))
	require.Equal(t, "video/webm", r.Header.Get("Content-Type"))

	said := toyPlan(t, "Said", toySaid{}, toySaid{})
	in, _, err = c.DecodeInput(said, &Request{Body: []byte(`{"Text":"a"}`)})
	require.NoError(t, err)
	require.Equal(t, &toySaid{Inside: &toyInner{Text: aws.String("a")}}, in)
	_, _, err = c.DecodeInput(said, &Request{Body: []byte(`{"Text":"a"`)})
	require.Equal(t, malformed(), err)
	r, err = c.EncodeOutput(said, in)
	require.NoError(t, err)
	require.Equal(t, `{"Text":"a"}`, string(r.Body))
	r, err = c.EncodeOutput(said, &toySaid{})
	require.NoError(t, err)
	require.Nil(t, r.Body)
}

func TestRestFaults(t *testing.T) {
	c := CodecFor(RestJSON1)
	svc, _ := Find("lambda")
	for _, x := range []struct {
		code string
		want string
	}{
		{"ResourceNotFoundException", `{"Type":"User","Message":"The resource you requested does not exist."}`},
		{"InvalidParameterValueException", `{"Type":"User","message":"The resource you requested does not exist."}`},
		{"ServiceException", `{"Type":"Service","Message":"The resource you requested does not exist."}`},
		{"ValidationException", `{"message":"The resource you requested does not exist."}`},
	} {
		f, _ := FaultOf(svc.Operations["ListTags"], &Fault{Code: x.code, Message: "The resource you requested does not exist.",
			Status: 404, Sender: x.code != "ServiceException"})
		r := c.EncodeFault(svc, f, "id")
		require.Equal(t, x.want, string(r.Body))
		require.Equal(t, x.code, r.Header.Get("X-Amzn-Errortype"))
		require.Equal(t, "application/json", r.Header.Get("Content-Type"))
		require.Equal(t, 404, r.Status)
	}
	require.Equal(t, `{}`, string(c.EncodeFault(nil, InternalFailure(), "id").Body))
	require.Equal(t, `{"Type":"Service"}`, string(c.EncodeFault(svc, &Fault{Code: "ServiceException", NoMessage: true}, "id").Body))
}

func TestLambdaStatus(t *testing.T) {
	for operation, want := range map[string]int{"CreateEventSourceMapping": 202, "GetEventSourceMapping": 200,
		"UpdateEventSourceMapping": 202, "DeleteEventSourceMapping": 202, "ListEventSourceMappings": 200,
		"ListTags": 200, "TagResource": 204, "UntagResource": 204} {
		r, err := CodecFor(RestJSON1).EncodeOutput(compile(t, "lambda", operation), nil)
		require.NoError(t, err)
		require.Equal(t, want, r.Status, operation)
	}
	in, _, err := CodecFor(RestJSON1).DecodeInput(compile(t, "lambda", "ListEventSourceMappings"),
		&Request{Query: url.Values{"MaxItems": {"10"}, "FunctionName": {"f"}}})
	require.NoError(t, err)
	require.Equal(t, &lambda.ListEventSourceMappingsInput{MaxItems: aws.Int32(10), FunctionName: aws.String("f")}, in)
}

func TestQuery(t *testing.T) {
	p := toyPlan(t, "Everything", toyInput{}, toyOutput{})
	c := CodecFor(Query)
	at := time.UnixMilli(1545084650500).UTC()
	in, _, err := c.DecodeInput(p, &Request{
		Query: url.Values{"Name": {"presigned"}, "X-Size": {"1"}},
		Body: []byte("Action=Everything&Version=1&color.member.1=red&color.member.2=a%20b&color.member.4=lost&X-Words=&mode=b&X-Size=12" +
			"&Inside.Text=t&Inside.When=2018-12-17T22%3A10%3A50.5Z&Inside.Numbers.member.1=5&X-Meta-.entry.1.key=k&X-Meta-.entry.1.value=v" +
			"&X-Meta-.entry.2.key=empty&X-Sealed=YWI%3D"),
	})
	require.NoError(t, err)
	require.Equal(t, &toyInput{Name: aws.String("presigned"), Colors: []string{"red", "a b"}, Mode: "b", Size: aws.Int64(12), Words: []string{},
		Meta: map[string]string{"k": "v", "empty": ""}, Sealed: []byte("ab"),
		Inside: &toyInner{Text: aws.String("t"), When: &at, Numbers: []int32{5}}}, in)
	for body, want := range map[string]*Fault{
		"X-Size=a":      wrongType("class java.lang.String can not be converted to an Long"),
		"Name.deeper=a": wrongType("Start of structure or map found where not expected."),
		"a=%zz":         malformed(),
		"a;b":           malformed(),
	} {
		_, _, err := c.DecodeInput(p, &Request{Body: []byte(body)})
		require.Equal(t, want, err, body)
	}
	r, err := c.EncodeOutput(p, &toyOutput{Size: aws.Int64(7), Sure: aws.Bool(true), Seen: &at, Words: []string{"a", "<b>\x00"},
		Meta: map[string]string{"k": "v"}, Inside: &toyInner{Text: aws.String("&\"\r")}})
	require.NoError(t, err)
	r.SetRequestID("id-1")
	r.SetRequestID("again")
	require.Equal(t, `<EverythingResponse xmlns="urn:toy"><EverythingResult><X-Size>7</X-Size><X-Sure>true</X-Sure>`+
		`<X-Seen>2018-12-17T22:10:50.5Z</X-Seen><X-Words><member>a</member><member>&lt;b&gt;`+"\ufffd"+`</member></X-Words>`+
		`<X-Meta-><entry><key>k</key><value>v</value></entry></X-Meta-><Inside><Text>&amp;&quot;&#xD;</Text></Inside></EverythingResult>`+
		`<ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></EverythingResponse>`, string(r.Body))
}

func TestQuerySTS(t *testing.T) {
	p := compile(t, "sts", "GetCallerIdentity")
	r, err := CodecFor(Query).EncodeOutput(p, &sts.GetCallerIdentityOutput{
		Account: aws.String("000000000000"), Arn: aws.String("arn:aws:iam::000000000000:root"), UserId: aws.String("000000000000")})
	require.NoError(t, err)
	r.SetRequestID("id")
	require.Equal(t, "text/xml", r.Header.Get("Content-Type"))
	require.Equal(t, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>`+
		`<UserId>000000000000</UserId><Account>000000000000</Account><Arn>arn:aws:iam::000000000000:root</Arn></GetCallerIdentityResult>`+
		`<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></GetCallerIdentityResponse>`, string(r.Body))
	r = CodecFor(Query).EncodeFault(p.op.Service, &Fault{Code: "InvalidClientTokenId", Message: "a<b", Status: 403, Sender: true}, "id")
	require.Equal(t, 403, r.Status)
	require.Equal(t, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code>`+
		`<Message>a&lt;b</Message></Error><RequestId>id</RequestId></ErrorResponse>`, string(r.Body))
	require.Contains(t, string(CodecFor(Query).EncodeFault(nil, InternalFailure(), "id").Body),
		`<Error><Type>Receiver</Type><Code>InternalFailure</Code></Error>`)
}
