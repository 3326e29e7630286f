package streams

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// DefaultEndpoint is where Sluice listens by default.
const DefaultEndpoint = "http://localhost:4566"

// Endpoint is where the commands go.
type Endpoint struct {
	// URL is empty for the region's own endpoint of AWS.
	URL string
	// AWS is true for the real service.
	AWS    bool
	Region string
	// Profile is empty when none is said.
	Profile string

	env func(string) (string, bool)
}

// Choice is what the user says about the endpoint, by flags and environment.
type Choice struct {
	URL             string
	AWS             bool
	Region, Profile string
	Env             func(string) (string, bool)
}

// FlagError is a choice that cannot be. Flag says which one to change.
type FlagError struct{ Flag, Problem string }

// Error implements error.
func (e *FlagError) Error() string { return e.Problem }

// Find picks the endpoint: the flag, AWS_ENDPOINT_URL_KINESIS, AWS_ENDPOINT_URL,
// else Sluice on this machine. The real AWS is never reached by accident: it
// takes AWS, and a URL of AWS without it is refused.
func (c Choice) Find() (Endpoint, error) {
	e := Endpoint{AWS: c.AWS, Region: c.first(c.Region, "AWS_REGION", "AWS_DEFAULT_REGION"), Profile: c.first(c.Profile, "AWS_PROFILE"), env: c.Env}
	e.URL = c.first(c.URL, "AWS_ENDPOINT_URL_KINESIS", "AWS_ENDPOINT_URL")
	if e.URL == "" && !c.AWS {
		e.URL = DefaultEndpoint
	}
	if e.Region == "" && c.AWS {
		return e, &FlagError{"region", "which region of AWS? It can also come from AWS_REGION"}
	}
	if e.Region == "" {
		e.Region = "us-east-1"
	}
	if e.URL == "" {
		return e, nil
	}
	u, err := url.Parse(e.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return e, &FlagError{"endpoint", fmt.Sprintf("%q is not a URL such as %s", e.URL, DefaultEndpoint)}
	}
	e.URL = strings.TrimSuffix(e.URL, "/")
	switch real := isAWS(u.Hostname()); {
	case real && !c.AWS:
		return e, &FlagError{"endpoint", e.URL + " is the real AWS; say --aws if that is meant"}
	case !real && c.AWS && c.URL != "":
		return e, &FlagError{"endpoint", e.URL + " is not AWS; leave out --aws or --endpoint"}
	case !real && c.AWS:
		e.URL = "" // the environment is set for tests; the flag says otherwise
	}
	return e, nil
}

func (c Choice) first(flag string, names ...string) string {
	for _, name := range names {
		if flag == "" && c.Env != nil {
			flag, _ = c.Env(name)
		}
	}
	return flag
}

func isAWS(host string) bool {
	for _, suffix := range []string{".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".amazonwebservices.com.cn"} {
		if strings.HasSuffix(strings.ToLower(host), suffix) {
			return true
		}
	}
	return false
}

// Loopback is true when nothing beyond this machine can be hurt.
func (e Endpoint) Loopback() bool {
	u, err := url.Parse(e.URL)
	if err != nil || e.URL == "" {
		return false
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// String names the endpoint for people.
func (e Endpoint) String() string {
	if e.URL == "" {
		return "AWS"
	}
	return e.URL
}

// Connect makes a client. It sends nothing.
func (e Endpoint) Connect() (*kinesis.Client, error) {
	options, err := e.options()
	if err != nil {
		return nil, err
	}
	return kinesis.New(options), nil
}

// options are what a client needs to know. Nothing is read from files and the
// machine is not asked who it is, unless keys for AWS or of a profile are wanted.
func (e Endpoint) options() (kinesis.Options, error) {
	o := kinesis.Options{Region: e.Region, Retryer: retryer{retry.NewStandard()}}
	if e.URL != "" {
		o.BaseEndpoint = aws.String(e.URL)
	}
	client := awshttp.NewBuildableClient()
	roots, err := Roots(e.env)
	if err != nil {
		return o, err
	}
	if roots != nil {
		client = client.WithTransportOptions(func(t *http.Transport) { t.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12} })
	}
	o.HTTPClient, o.Credentials = steady{client}, e.keys()
	return o, nil
}

// Roots are those of AWS_CA_BUNDLE, which is how the SDKs are told to trust
// Sluice's own authority; nil when there are none.
func Roots(env func(string) (string, bool)) (*x509.CertPool, error) {
	file, _ := env("AWS_CA_BUNDLE")
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("AWS_CA_BUNDLE: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("AWS_CA_BUNDLE: %s holds no certificate", file)
	}
	return roots, nil
}

// retryer is the SDK's, but does not wait for a server that is not there:
// somebody sits at the terminal.
type retryer struct{ aws.Retryer }

// IsErrorRetryable implements aws.Retryer.
func (r retryer) IsErrorRetryable(err error) bool {
	return !errors.Is(err, syscall.ECONNREFUSED) && r.Retryer.IsErrorRetryable(err)
}

// once leaves retries to the caller: readers and writers know better than the
// SDK what may be sent again, and when.
func once(o *kinesis.Options) { o.Retryer = aws.NopRetryer{} }

// Credentials are what requests to the endpoint are signed with.
func (e Endpoint) Credentials() aws.CredentialsProvider { return e.keys() }
