package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sluice"
	"sluice/cmd/sluice/streams"
)

// connectTimeout is how long a server may take to be there, adminTimeout to
// answer: it may have much to do, or little of a processor. A move of the clock
// may wait for its work on top.
const (
	connectTimeout = 5 * time.Second
	adminTimeout   = 30 * time.Second
)

// admin calls the admin API of a running server.
type admin struct {
	endpoint, token string
	env             func(string) (string, bool)
}

// unreachableError means that nobody answers at the endpoint.
type unreachableError struct {
	endpoint string
	err      error
}

// Error implements error.
func (e *unreachableError) Error() string {
	return "nobody answers at " + e.endpoint + ": " + e.err.Error()
}

// Hint says what to do next.
func (e *unreachableError) Hint() string {
	return "start it with `sluice`, or say where it is with --endpoint URL or AWS_ENDPOINT_URL"
}

func (p *program) addAdmin(cmd *cobra.Command) *admin {
	a := &admin{env: p.env}
	cmd.PersistentFlags().StringVar(&a.endpoint, "endpoint", "", "URL of the server ($AWS_ENDPOINT_URL_KINESIS, $AWS_ENDPOINT_URL; default http://localhost:4566)")
	cmd.PersistentFlags().StringVar(&a.token, "admin-token", "", "token that the server asks for ($SLUICE_ADMIN_TOKEN)")
	return a
}

// url resolves the endpoint. The variables of the server itself come last, so
// that a health check in a container finds a server that was moved by them.
func (a *admin) url() (string, error) {
	endpoint := a.endpoint
	for _, name := range []string{"AWS_ENDPOINT_URL_KINESIS", "AWS_ENDPOINT_URL"} {
		if value, _ := a.env(name); endpoint == "" {
			endpoint = value
		}
	}
	for _, name := range []string{"SLUICE_ADMIN_LISTEN", "SLUICE_LISTEN"} {
		if value, _ := a.env(name); endpoint == "" && value != "" {
			endpoint = reachable(value)
		}
	}
	if endpoint == "" {
		endpoint = "http://" + sluice.DefaultListen
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", &sluice.UsageError{Setting: "endpoint", Source: "--endpoint", Problem: fmt.Sprintf("%q is not a URL such as http://localhost:4566", endpoint)}
	}
	if strings.HasSuffix(u.Hostname(), ".amazonaws.com") {
		return "", &sluice.UsageError{Setting: "endpoint", Source: "--endpoint", Problem: endpoint + " is the real AWS, which has no such command"}
	}
	return strings.TrimSuffix(endpoint, "/"), nil
}

// reachable turns the first listen address into a URL on this machine.
func reachable(listen string) string {
	first, _, _ := strings.Cut(listen, ",")
	host, port, err := net.SplitHostPort(strings.TrimSpace(first))
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// call sends body, when it is not nil, and returns status and answer.
func (a *admin) call(ctx context.Context, method, path string, body any, patience time.Duration) (status int, answer []byte, err error) {
	endpoint, err := a.url()
	if err != nil {
		return 0, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, adminTimeout+patience)
	defer cancel()
	var payload io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		payload = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(ctx, method, endpoint+path, payload)
	if err != nil {
		return 0, nil, err
	}
	a.authorize(r)
	response, err := a.do(r, endpoint)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, 16<<20))
	if err != nil {
		return 0, nil, &unreachableError{endpoint, err}
	}
	return response.StatusCode, answer, nil
}

// do sends a request. There is no proxy: the server is on this machine or on a
// test network.
func (a *admin) do(r *http.Request, endpoint string) (*http.Response, error) {
	roots, err := streams.Roots(a.env)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true,
		DialContext: (&net.Dialer{Timeout: connectTimeout}).DialContext, TLSHandshakeTimeout: connectTimeout,
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	answer, err := (&http.Client{Transport: transport}).Do(r)
	var untrusted x509.UnknownAuthorityError
	if errors.As(err, &untrusted) {
		return nil, streams.Explain(err, streams.Endpoint{URL: endpoint})
	}
	if err != nil {
		return nil, &unreachableError{endpoint, bare(err)}
	}
	return answer, nil
}

// authorize shows the token, if there is one.
func (a *admin) authorize(r *http.Request) {
	token := a.token
	if token == "" {
		token, _ = a.env("SLUICE_ADMIN_TOKEN")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
}

// bare drops the URL that net/http puts before the cause.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
