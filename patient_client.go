package sluice

import (
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// patientClient is the SDK's own HTTP client, kept from breaking off answers
// that come at once. The SDK closes the body of its request as soon as it sees
// the head of an answer. From then on the body's WriteTo returns io.EOF, which
// net/http, when it only now looks for the end of that body, takes for a failed
// upload: it closes the connection under the answer. Read ends a body in the
// proper way, so the body is handed over without its WriteTo.
type patientClient struct{ inner aws.HTTPClient }

func newPatientClient() aws.HTTPClient {
	return patientClient{inner: awshttp.NewBuildableClient()}
}

// readOnly shows nothing of a body but Read and Close.
type readOnly struct{ io.ReadCloser }

// Do sends a request as the SDK's own client would.
func (c patientClient) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		whole := *r // the SDK keeps the request, and the body in it
		whole.Body = readOnly{r.Body}
		r = &whole
	}
	return c.inner.Do(r)
}
