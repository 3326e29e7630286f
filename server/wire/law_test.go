package wire

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"
)

// The law: what a real client sends is what a room receives, and what a room
// answers is what a real client receives, for every operation and every member.

// transport answers a client in process.
type transport func(r *http.Request, body []byte) *http.Response

// Do is what SDK clients call.
func (f transport) Do(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	if r.Header.Get("Content-Encoding") == "gzip" { // the door unpacks
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		if body, err = io.ReadAll(z); err != nil {
			return nil, err
		}
	}
	return f(r, body), nil
}

func asHTTP(r *http.Request, a *Response) *http.Response {
	body := a.Whole()
	return &http.Response{
		StatusCode: a.Status, Header: a.Header, Request: r,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

// sdkClient returns a client of a service over a transport.
func sdkClient(service string, f transport) any {
	key := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "000000000000", SecretAccessKey: "x"}, nil
	})
	const region = "us-east-1"
	endpoint := aws.String("http://localhost:1")
	switch service {
	case "kinesis":
		return kinesis.New(kinesis.Options{Region: region, BaseEndpoint: endpoint, Credentials: key, HTTPClient: f,
			Retryer: aws.NopRetryer{}})
	case "firehose":
		return firehose.New(firehose.Options{Region: region, BaseEndpoint: endpoint, Credentials: key, HTTPClient: f,
			Retryer: aws.NopRetryer{}})
	case "lambda":
		return lambda.New(lambda.Options{Region: region, BaseEndpoint: endpoint, Credentials: key, HTTPClient: f,
			Retryer: aws.NopRetryer{}})
	case "dynamodb":
		return dynamodb.New(dynamodb.Options{Region: region, BaseEndpoint: endpoint, Credentials: key, HTTPClient: f,
			Retryer: aws.NopRetryer{}})
	case "glue":
		return glue.New(glue.Options{Region: region, BaseEndpoint: endpoint, Credentials: key, HTTPClient: f,
			Retryer: aws.NopRetryer{}})
	case "cloudwatch":
		return cloudwatch.New(cloudwatch.Options{Region: region, BaseEndpoint: endpoint, Credentials: key, HTTPClient: f,
			Retryer: aws.NopRetryer{}})
	}
	return sts.New(sts.Options{Region: region, BaseEndpoint: endpoint, Credentials: key, HTTPClient: f,
		Retryer: aws.NopRetryer{}})
}

// wireRequest makes of an HTTP request what the door would.
func wireRequest(t *testing.T, op *Operation, r *http.Request, body []byte) *Request {
	t.Helper()
	out := &Request{Header: r.Header, Query: r.URL.Query(), Body: body, Path: map[string]string{}}
	pattern := regexp.MustCompile(`\{(\w+)\}`).ReplaceAllString(op.Path, `(?P<$1>[^/]+)`)
	if op.Service.Protocols[0] == RPCv2CBOR {
		pattern = "/service/" + op.Service.TargetPrefix + "/operation/" + op.Name
	}
	re := regexp.MustCompile("^" + pattern + "$")
	found := re.FindStringSubmatch(r.URL.EscapedPath())
	require.NotNil(t, found, "%s is not %s", r.URL, op.Path)
	for i, name := range re.SubexpNames()[1:] {
		v, err := url.PathUnescape(found[i+1])
		require.NoError(t, err)
		out.Path[name] = v
	}
	return out
}

func TestLaw(t *testing.T) {
	for _, svc := range Models() {
		codec := CodecFor(svc.Protocols[0])
		for name, op := range svc.Operations {
			if op.Stream {
				continue
			}
			t.Run(svc.ID+"/"+name, func(t *testing.T) {
				for seed := range uint64(20) {
					law(t, codec, compile(t, svc.ID, name), filler{Rand: rand.New(rand.NewPCG(seed, 1)), tame: svc.ID == "sts"})
				}
			})
		}
	}
}

// law sends one random input and answers one random output.
func law(t *testing.T, codec Codec, p *Plan, r filler) {
	in, out := p.NewInput(), reflect.New(p.outType).Interface()
	r.fill(p.op.Input, reflect.ValueOf(in).Elem())
	if p.op.Output != nil {
		r.fill(p.op.Output, reflect.ValueOf(out).Elem())
	}
	var got any
	client := sdkClient(p.op.Service.ID, func(r *http.Request, body []byte) *http.Response {
		require.Equal(t, p.op.Method, r.Method)
		if prefix := p.op.Service.TargetPrefix; prefix != "" && codec.Protocol() != RPCv2CBOR {
			require.Equal(t, prefix+"."+p.op.Name, r.Header.Get("X-Amz-Target"))
		}
		var err error
		got, _, err = codec.DecodeInput(p, wireRequest(t, p.op, r, body))
		require.NoError(t, err, "%s", body)
		answer, err := codec.EncodeOutput(p, out)
		require.NoError(t, err)
		answer.SetRequestID("6f0fbb7e-0000-4000-8000-000000000001")
		return asHTTP(r, answer)
	})
	result := reflect.ValueOf(client).MethodByName(p.op.Name).Call([]reflect.Value{
		reflect.ValueOf(context.Background()), reflect.ValueOf(in)})
	if err, _ := result[1].Interface().(error); err != nil {
		require.NoError(t, err)
	}
	sortQueryLists(p.in, got)
	sortQueryLists(p.in, in)
	require.Equal(t, in, got)
	inUTC(result[0])
	require.Equal(t, out, withoutMetadata(result[0].Interface()))
}

// inUTC gives times one zone: a client that reads CBOR leaves them in that of
// the machine.
func inUTC(v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(v.Interface().(time.Time).UTC()))
	case v.Kind() == reflect.Pointer && !v.IsNil():
		inUTC(v.Elem())
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && v.Type().Field(i).Name != "ResultMetadata" {
				inUTC(v.Field(i))
			}
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			inUTC(v.Index(i))
		}
	}
}

// sortQueryLists orders lists that travel in the query string, which clients
// sort in order to sign it.
func sortQueryLists(n *node, in any) {
	for _, f := range n.fields {
		if list, ok := reflect.ValueOf(in).Elem().FieldByName(upperFirst(f.member.Name)).Interface().([]string); ok &&
			f.member.Location == LocationQuery {
			slices.Sort(list)
		}
	}
}

// TestNothingUnknown shows when the SDK has members that the model lacks, which
// an upgrade may bring.
func TestNothingUnknown(t *testing.T) {
	for _, svc := range Models()[:2] { // of the others a part is enough
		for name := range svc.Operations {
			p := compile(t, svc.ID, name)
			for _, n := range []*node{p.in, p.out} {
				if n != nil {
					checkKnown(t, n, map[*node]bool{})
				}
			}
		}
	}
}

func checkKnown(t *testing.T, n *node, seen map[*node]bool) {
	if seen[n] {
		return
	}
	seen[n] = true
	if n.elem != nil {
		checkKnown(t, n.elem, seen)
	}
	if n.kind != kindStruct {
		return
	}
	names := map[string]bool{}
	for _, f := range n.fields {
		names[upperFirst(f.member.Name)] = true
		checkKnown(t, f.node, seen)
	}
	for i := range n.typ.NumField() {
		name := n.typ.Field(i).Name
		if name != "ResultMetadata" && !strings.HasPrefix(name, "noSmithy") {
			require.True(t, names[name], "%v has a member %s that the model lacks", n.typ, name)
		}
	}
}
