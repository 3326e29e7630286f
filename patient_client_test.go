package sluice

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// closedEarly is a body as the SDK's: closed, its WriteTo returns io.EOF.
type closedEarly struct{ *bytes.Reader }

func (closedEarly) WriteTo(io.Writer) (int64, error) { return 0, io.EOF }
func (closedEarly) Close() error                     { return nil }

// asSent copies a body as net/http does.
type asSent struct{ sent bytes.Buffer }

func (c *asSent) Do(r *http.Request) (*http.Response, error) {
	_, err := io.Copy(&c.sent, r.Body)
	return &http.Response{StatusCode: http.StatusOK}, err
}

func TestBodiesEndAsTheyShould(t *testing.T) {
	body := closedEarly{bytes.NewReader([]byte("records"))}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/", body)
	require.NoError(t, err)
	var wire asSent
	_, err = wire.Do(r)
	require.ErrorIs(t, err, io.EOF, "without care the upload fails")

	_, err = patientClient{inner: &wire}.Do(r)
	require.NoError(t, err)
	require.Equal(t, "records", wire.sent.String())
	require.Equal(t, body, r.Body, "the SDK's request is left as it was")

	r, err = http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/", http.NoBody)
	require.NoError(t, err)
	_, err = patientClient{inner: &wire}.Do(r)
	require.NoError(t, err)
	require.Equal(t, http.NoBody, r.Body)
}
