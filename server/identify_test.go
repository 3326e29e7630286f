package server

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAuthenticationForms(t *testing.T) {
	s := open(t, &streamsRoom{})
	const (
		credential = "Authorization header requires 'Credential' parameter. "
		signature  = "Authorization header requires 'Signature' parameter. "
		signedBy   = "Authorization header requires 'SignedHeaders' parameter. "
		date       = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
	)
	for _, c := range []struct {
		name, path    string
		headers       []string
		code, message string // empty: accepted
	}{
		{name: "none", code: "MissingAuthenticationTokenException", message: "Missing Authentication Token"},
		{name: "header and query", path: "/?X-Amz-Algorithm", headers: []string{"Authorization", "X"}, code: "InvalidSignatureException",
			message: "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."},
		{name: "header with nothing in it", headers: []string{"Authorization", "X"}, code: "IncompleteSignatureException",
			message: credential + signature + signedBy + date + "Authorization=X"},
		{name: "a query that only looks like one", path: "/?X-Amz-Algorith", headers: []string{"Authorization", "X"}, code: "IncompleteSignatureException",
			message: credential + signature + signedBy + date + "Authorization=X"},
		{name: "separated by space", headers: []string{"Authorization", "AWS4- Signature=b Credential=a", "Date", "a"}, code: "IncompleteSignatureException",
			message: signedBy + "Authorization=AWS4- Signature=b Credential=a"},
		{name: "separated by comma", headers: []string{"Authorization", "AWS4- Signature=b,Credential=a", "Date", "a"}, code: "IncompleteSignatureException",
			message: signedBy + "Authorization=AWS4- Signature=b,Credential=a"},
		{name: "separated by both", headers: []string{"Authorization", "AWS4- Signature=b, Credential=a", "Date", "a"}, code: "IncompleteSignatureException",
			message: signedBy + "Authorization=AWS4- Signature=b, Credential=a"},
		{name: "no date", headers: []string{"Authorization", signed}, code: "IncompleteSignatureException", message: date + "Authorization=" + signed},
		{name: "all but the algorithm in the query", path: "/?X-Amz-Credential=a&X-Amz-Signature=b&X-Amz-SignedHeaders=c&X-Amz-Date=d",
			code: "MissingAuthenticationTokenException", message: "Missing Authentication Token"},
		{name: "an empty algorithm alone", path: "/?X-Amz-Algorithm", code: "IncompleteSignatureException",
			message: "AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include 'X-Amz-Credential'. " +
				"AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. " +
				"AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."},
		{name: "no signed headers in the query", path: "/?X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Signature=c&X-Amz-Date=d", code: "IncompleteSignatureException",
			message: "AWS query-string parameters must include 'X-Amz-SignedHeaders'. Re-examine the query-string parameters."},
		{name: "a region that is no name", code: "InvalidSignatureException", message: "Credential should be scoped to a valid region. ",
			headers: []string{"Authorization", "AWS4- Credential=a/d/..:/kinesis/aws4_request,Signature=b,SignedHeaders=c", "Date", "a"}},

		{name: "header complete", headers: []string{"Authorization", signed, "X-Amz-Date", "20261125T000000Z"}},
		{name: "header with Date", headers: []string{"Authorization", signed, "Date", "a"}},
		{name: "query complete", path: "/?X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Signature=c&X-Amz-Date=d&X-Amz-SignedHeaders=e"},
		{name: "no scope in the credential", headers: []string{"Authorization", "AWS4- Credential=a,Signature=b,SignedHeaders=c", "Date", "a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.path == "" {
				c.path = "/"
			}
			a := ask(t, s, http.MethodPost, c.path, "{}", append(c.headers, "Content-Type", json11Type, "X-Amz-Target", listTarget)...)
			if c.code == "" {
				require.Equal(t, 200, a.status, a.body)
				return
			}
			require.Equal(t, 400, a.status)
			want, err := json.Marshal(map[string]string{"__type": c.code, "message": c.message})
			require.NoError(t, err)
			require.JSONEq(t, string(want), a.body)
		})
	}
}

func TestWhoCalls(t *testing.T) {
	s := open(t, &streamsRoom{}, func(c *Config) { c.Region, c.Account = "ap-south-1", "999999999999" })
	header := func(credential string) []string {
		return []string{"Authorization", "AWS4-HMAC-SHA256 Credential=" + credential + ", SignedHeaders=host, Signature=0", "X-Amz-Date", "x"}
	}
	for _, c := range []struct {
		name            string
		headers         []string
		path            string
		account, region string
	}{
		{name: "account and region of the scope", headers: header("123456789012/20261125/eu-west-3/kinesis/aws4_request"), account: "123456789012", region: "eu-west-3"},
		{name: "a key that is no account", headers: header("AKIAIOSFODNN7EXAMPLE/20261125/eu-west-3/kinesis/aws4_request"), account: "999999999999", region: "eu-west-3"},
		{name: "eleven digits and a letter", headers: header("12345678901x/20261125/eu-west-3/kinesis/aws4_request"), account: "999999999999", region: "eu-west-3"},
		{name: "nothing said", headers: header("a"), account: "999999999999", region: "ap-south-1"},
		{name: "region of the host name", headers: append(header("a"), "Host", "kinesis.us-west-2.amazonaws.com"), account: "999999999999", region: "us-west-2"},
		{name: "region of an account's host name", headers: append(header("a"), "Host", "123456789012.control-kinesis.us-west-2.amazonaws.com:4566"), account: "999999999999", region: "us-west-2"},
		{name: "the signature's region comes first", headers: append(header("a/d/eu-west-3/kinesis/aws4_request"), "Host", "kinesis.us-west-2.amazonaws.com"), account: "999999999999", region: "eu-west-3"},
		{name: "another host", headers: append(header("a"), "Host", "sluice.example.com"), account: "999999999999", region: "ap-south-1"},
		{name: "signed for several regions", headers: append(header("123456789012/20261125/kinesis/aws4_request"), "X-Amz-Region-Set", "eu-north-1,eu-west-1"), account: "123456789012", region: "eu-north-1"},
		{name: "presigned", path: "/?X-Amz-Algorithm=a&X-Amz-Credential=123456789012%2F20261125%2Feu-west-3%2Fkinesis%2Faws4_request&X-Amz-Signature=c&X-Amz-Date=d&X-Amz-SignedHeaders=e",
			account: "123456789012", region: "eu-west-3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.path == "" {
				c.path = "/"
			}
			a := ask(t, s, http.MethodPost, c.path, "{}", append(c.headers, "Content-Type", json11Type, "X-Amz-Target", listTarget)...)
			require.Equal(t, 200, a.status, a.body)
			require.JSONEq(t, `{"StreamNames":["`+c.account+`","`+c.region+`"],"HasMoreStreams":false}`, a.body)
		})
	}
}

func FuzzReadScope(f *testing.F) {
	f.Add(signed, "X-Amz-Algorithm=a&X-Amz-Credential=b/c/d")
	f.Add("AWS4- ,,==, Credential=////,", "%zz")
	f.Fuzz(func(t *testing.T, header, query string) {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set("Authorization", header)
		r.URL.RawQuery = query
		s := readScope(r)
		s.fault(http.StatusBadRequest)
	})
}

// TestIsRegion holds the loop against the expression that it stands for.
func TestIsRegion(t *testing.T) {
	for _, s := range []string{"", "a", "eu-west-1", "US-EAST-1", "a b", "é", "a/b", "0", "-", "z{", "`", "@", "[", ":", strings.Repeat("r", 64), strings.Repeat("r", 65)} {
		require.Equal(t, regionForm.MatchString(s), isRegion(s), "%q", s)
	}
}
