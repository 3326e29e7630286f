package sluice

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/stretchr/testify/require"

	"sluice/internal/sigv4"
)

// speaker is a service in one of its protocols, and a call that it serves.
type speaker struct {
	name, service, method, path, body string
	head                              [][2]string
	status                            int // of refusals; the query protocol has two
	// answer is a refusal as it stands on the wire.
	answer func(code, text string) string
}

// speakers are all services that are mounted, in all their protocols, but for
// S3, whose forgeries are in server/forgery_test.go.
func speakers() []speaker {
	target := func(name, media string) [][2]string {
		return [][2]string{{"X-Amz-Target", name}, {"Content-Type", media}}
	}
	form := [][2]string{{"Content-Type", "application/x-www-form-urlencoded"}}
	packed := [][2]string{{"Smithy-Protocol", "rpc-v2-cbor"}, {"Content-Type", "application/cbor"}}
	const json10, json11, cbor11 = "application/x-amz-json-1.0", "application/x-amz-json-1.1", "application/x-amz-cbor-1.1"
	return []speaker{
		{"kinesis, JSON", "kinesis", "POST", "/", "{}", target("Kinesis_20131202.ListStreams", json11), 400, inJSON("")},
		{"kinesis, CBOR", "kinesis", "POST", "/", "\xa0", target("Kinesis_20131202.ListStreams", cbor11), 400, inCBOR("")},
		{"kinesis, RPC", "kinesis", "POST", "/service/Kinesis_20131202/operation/DescribeAccountSettings", "\xa0", packed, 400, inCBOR("com.amazonaws.kinesis#")},
		{"firehose", "firehose", "POST", "/", "{}", target("Firehose_20150804.ListDeliveryStreams", json11), 400, inJSON("")},
		{"glue", "glue", "POST", "/", "{}", target("AWSGlue.GetDatabases", json11), 400, inJSON("")},
		{"dynamodb", "dynamodb", "POST", "/", "{}", target("DynamoDB_20120810.ListTables", json10), 400, inJSON("com.amazon.coral.service#")},
		{"lambda", "lambda", "GET", "/2015-03-31/functions", "", nil, 403, func(_, text string) string { return `{"message":"` + text + `"}` }},
		{"sts", "sts", "POST", "/", "Action=GetCallerIdentity&Version=2011-06-15", form, 0, inXML("https://sts.amazonaws.com/doc/2011-06-15/")},
		{"cloudwatch, query", "monitoring", "POST", "/", "Action=ListMetrics&Version=2010-08-01", form, 0, inXML("http://monitoring.amazonaws.com/doc/2010-08-01/")},
		{"cloudwatch, JSON", "monitoring", "POST", "/", "{}", target("GraniteServiceVersion20100801.ListMetrics", json10), 400, inJSON("com.amazon.coral.service#")},
		{"cloudwatch, RPC", "monitoring", "POST", "/service/GraniteServiceVersion20100801/operation/ListMetrics", "\xa0", packed, 400, inCBOR("com.amazonaws.cloudwatch#")},
	}
}

func inJSON(prefix string) func(code, text string) string {
	return func(code, text string) string { return `{"__type":"` + prefix + code + `","message":"` + text + `"}` }
}

func inXML(space string) func(code, text string) string {
	return func(code, text string) string {
		return `<ErrorResponse xmlns="` + space + `"><Error><Type>Sender</Type><Code>` + code + `</Code><Message>` + text + `</Message></Error><RequestId>…</RequestId></ErrorResponse>`
	}
}

// inCBOR is a map of two texts; the length of what is not known is not compared.
func inCBOR(prefix string) func(code, text string) string {
	say := func(s string) string {
		n := len(s)
		switch {
		case strings.Contains(s, "…"):
			return "…" + s
		case n < 24:
			return string([]byte{0x60 + byte(n)}) + s
		case n < 256:
			return string([]byte{0x78, byte(n)}) + s
		}
		return string(binary.BigEndian.AppendUint16([]byte{0x79}, uint16(n))) + s
	}
	return func(code, text string) string {
		return "\xa2" + say("__type") + say(prefix+code) + say("message") + say(text)
	}
}

// What the query protocol calls a refusal, and its status there.
var inQueries = map[string]struct {
	code   string
	status int
}{
	"MissingAuthenticationTokenException": {"MissingAuthenticationToken", 403},
	"IncompleteSignatureException":        {"IncompleteSignature", 400},
	"InvalidSignatureException":           {"SignatureDoesNotMatch", 403},
	"UnrecognizedClientException":         {"InvalidClientTokenId", 403},
}

// forgery is a change of a request after it was signed; or before, where the
// signer knows less than it should.
type forgery struct {
	name       string
	key        string        // else AKIDROOT, whose secret is root
	secret     string        // else root
	skew       time.Duration // of the signer's clock
	life       int           // seconds, for a URL that is signed
	forge      func(*http.Request)
	code, text string // none when it is served
}

const (
	textMismatched = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	textNoKey      = "The security token included in the request is invalid."
	incomplete     = "IncompleteSignatureException"
	invalid        = "InvalidSignatureException"
)

// header changes the Authorization.
func header(old, new string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", regexp.MustCompile(old).ReplaceAllString(r.Header.Get("Authorization"), new))
	}
}

func setHeader(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// parameter changes one of the query string; nothing removes it.
func parameter(name, value string) func(*http.Request) {
	return func(r *http.Request) {
		q := r.URL.Query()
		if q.Set(name, value); value == "" {
			q.Del(name)
		}
		r.URL.RawQuery = q.Encode()
	}
}

func forgedHeaders() []forgery {
	return []forgery{
		{name: "untouched"},
		{name: "nothing", forge: func(r *http.Request) { r.Header.Del("Authorization") }, code: "MissingAuthenticationTokenException", text: "Missing Authentication Token"},
		{name: "query too", forge: parameter("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), code: invalid,
			text: "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."},
		{name: "key", key: "AKIDNOBODY", code: "UnrecognizedClientException", text: textNoKey},
		{name: "secret", secret: "route", code: invalid, text: textMismatched},
		{name: "token", forge: setHeader("X-Amz-Security-Token", "x"), code: "UnrecognizedClientException", text: textNoKey},
		{name: "signature", forge: header("Signature=..", "Signature=zz"), code: invalid, text: textMismatched},
		{name: "no signature", forge: header("Signature=", "Sig="), code: incomplete, text: "Authorization header requires 'Signature' parameter. Authorization=…"},
		{name: "no credential", forge: header("Credential=", "Cred="), code: incomplete, text: "Authorization header requires 'Credential' parameter. Authorization=…"},
		{name: "no headers", forge: header("SignedHeaders=", "Headers="), code: incomplete, text: "Authorization header requires 'SignedHeaders' parameter. Authorization=…"},
		{name: "no date", forge: func(r *http.Request) { r.Header.Del("X-Amz-Date") }, code: incomplete,
			text: "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=…"},
		{name: "nothing in it", forge: setHeader("Authorization", "AWS4-HMAC-SHA256"), code: "", text: "*"},
		{name: "algorithm", forge: header("SHA256", "SHA512"), code: incomplete, text: "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512'."},
		{name: "credential", forge: header("AKIDROOT/", ""), code: incomplete,
			text: "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{day}/us-east-1/{service}/aws4_request'"},
		{name: "day", forge: header("AKIDROOT/[0-9]{8}", "AKIDROOT/20200101"), code: invalid,
			text: "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20200101' != '{day}', from '{at}'."},
		{name: "region", forge: header("us-east-1", "eu-west-1"), code: invalid, text: textMismatched},
		{name: "region, nonsense", forge: header("us-east-1", "us*east"), code: invalid, text: "Credential should be scoped to a valid region. "},
		{name: "service", forge: header("/[a-z]+/aws4_request", "/nosuch/aws4_request"), code: invalid, text: "Credential should be scoped to correct service: '{service}'. "},
		{name: "terminator", forge: header("aws4_request", "aws5_request"), code: invalid,
			text: "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. "},
		{name: "host not signed", forge: header("([=;])host;", "$1"), code: invalid, text: "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."},
		{name: "headers, fewer", forge: header(";x-amz-date", ""), code: invalid, text: textMismatched},
		{name: "headers, more", forge: header(";x-amz-date", ";x-amz-date;x-amz-else"), code: invalid, text: textMismatched},
		{name: "a signed header", forge: setHeader("X-Amz-Mine", "other"), code: invalid, text: textMismatched},
		{name: "date", forge: func(r *http.Request) { // another second of the same minute, and so of the same day
			at, _ := time.Parse(sigv4.Form, r.Header.Get("X-Amz-Date"))
			r.Header.Set("X-Amz-Date", at.Truncate(time.Minute).Add(time.Duration((at.Second()+30)%60)*time.Second).Format(sigv4.Form))
		}, code: invalid, text: textMismatched},
		{name: "date, nonsense", forge: setHeader("X-Amz-Date", "today"), code: incomplete,
			text: "Date must be in ISO-8601 'basic format'. Got 'today'. See http://en.wikipedia.org/wiki/ISO_8601"},
		{name: "late", skew: -6 * time.Minute, code: invalid, text: "Signature expired: {at} is now earlier than … (… - 5 min.)"},
		{name: "early", skew: 6 * time.Minute, code: invalid, text: "Signature not yet current: {at} is still later than … (… + 5 min.)"},
		{name: "body", forge: func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(strings.NewReader(" ")), 1 }, code: "", text: "*"},
	}
}

// Forged URLs: services take them as they take headers.
func forgedURLs() []forgery {
	const six = "Re-examine the query-string parameters."
	return []forgery{
		{name: "URL, untouched", life: 60},
		{name: "URL, key", life: 60, key: "AKIDNOBODY", code: "UnrecognizedClientException", text: textNoKey},
		{name: "URL, secret", life: 60, secret: "route", code: invalid, text: textMismatched},
		{name: "URL, token", life: 60, forge: parameter("X-Amz-Security-Token", "x"), code: "UnrecognizedClientException", text: textNoKey},
		{name: "URL, signature", life: 60, forge: parameter("X-Amz-Signature", strings.Repeat("0", 64)), code: invalid, text: textMismatched},
		{name: "URL, no signature", life: 60, forge: parameter("X-Amz-Signature", ""), code: incomplete, text: "AWS query-string parameters must include 'X-Amz-Signature'. " + six},
		{name: "URL, no date", life: 60, forge: parameter("X-Amz-Date", ""), code: incomplete, text: "AWS query-string parameters must include 'X-Amz-Date'. " + six},
		{name: "URL, longer", life: 60, forge: parameter("X-Amz-Expires", "600"), code: invalid, text: textMismatched},
		{name: "URL, over", life: 60, skew: -2 * time.Minute, code: invalid, text: "Signature expired: {at} is now earlier than … (… - 1 min.)"},
		{name: "URL, early", life: 60, skew: 6 * time.Minute, code: invalid, text: "Signature not yet current: {at} is still later than … (… + 5 min.)"},
		{name: "URL, more", life: 60, forge: parameter("Else", "x"), code: invalid, text: textMismatched},
	}
}

// signed is the call of a speaker, signed and forged.
func (p speaker) signed(t *testing.T, s *Sluice, f forgery) (r *http.Request, at time.Time) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), p.method, s.Endpoint()+p.path, bytes.NewReader([]byte(p.body)))
	require.NoError(t, err)
	r.Header.Set("X-Amz-Mine", "mine")
	for _, h := range p.head {
		r.Header.Set(h[0], h[1])
	}
	keys := aws.Credentials{AccessKeyID: "AKIDROOT", SecretAccessKey: "root"}
	if f.key != "" {
		keys.AccessKeyID = f.key
	}
	if f.secret != "" {
		keys.SecretAccessKey = f.secret
	}
	at = time.Now().UTC().Add(f.skew)
	hash := sigv4.BodyHash([]byte(p.body))
	if f.life == 0 {
		require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), keys, r, hash, p.service, "us-east-1", at))
	} else {
		parameter("X-Amz-Expires", strconv.Itoa(f.life))(r)
		signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableHeaderHoisting = true })
		raw, head, err := signer.PresignHTTP(t.Context(), keys, r, hash, p.service, "us-east-1", at)
		require.NoError(t, err)
		r.URL, err = url.Parse(raw)
		require.NoError(t, err)
		for name, values := range head {
			r.Header[name] = values
		}
	}
	if f.forge != nil {
		f.forge(r)
	}
	return r, at
}

// Every service, in each of its protocols, refuses each part of a signature
// that is forged, with its own code, status and text, and serves nothing.
func TestForgedPartsOfEveryService(t *testing.T) {
	s := guarded(t, "", guardedKeys)
	for _, p := range speakers() {
		t.Run(p.name, func(t *testing.T) {
			for _, f := range append(forgedHeaders(), forgedURLs()...) {
				t.Run(f.name, func(t *testing.T) { p.refuses(t, s, f) })
			}
		})
	}
}

func (p speaker) refuses(t *testing.T, s *Sluice, f forgery) {
	if f.name == "body" && p.method == "POST" {
		f.forge = func(r *http.Request) { // the same in other bytes, so that it can be read
			body := map[byte]string{'{': "{ }", '\xa0': "\xbf\xff", 'A': p.body + "&"}[p.body[0]]
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
			r.Header.Del("Content-Length")
		}
	}
	switch f.name {
	case "body":
		f.code, f.text = invalid, textMismatched
	case "nothing in it":
		f.code, f.text = incomplete, "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. "+
			"Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256"
	}
	r, at := p.signed(t, s, f)
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	if f.code == "" {
		require.Equal(t, http.StatusOK, res.StatusCode, "%q", body)
		return
	}
	status, code := p.status, f.code
	if status == 0 {
		code, status = inQueries[f.code].code, inQueries[f.code].status
	} else {
		require.Equal(t, code, res.Header.Get("X-Amzn-Errortype"))
	}
	text := strings.NewReplacer("{at}", at.Format(sigv4.Form), "{day}", at.Format("20060102"), "{service}", p.service).Replace(f.text)
	require.Equal(t, status, res.StatusCode, "%q", body)
	require.True(t, alike(string(body), p.answer(code, text)), "%q\ninstead of\n%q", body, p.answer(code, text))
}

// alike compares what was said, but for the parts that nobody can know.
func alike(said, want string) bool {
	parts := strings.Split(want, "…")
	last := parts[len(parts)-1]
	if !strings.HasPrefix(said, parts[0]) || !strings.HasSuffix(said, last) {
		return false
	}
	for _, part := range parts {
		at := strings.Index(said, part)
		if at < 0 {
			return false
		}
		said = said[at+len(part):]
	}
	return said == "" || len(parts) > 1
}
