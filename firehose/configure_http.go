package firehose

import (
	"fmt"
	"net"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/smithy-go"
)

// httpTarget is an HTTP endpoint and how requests to it look.
type httpTarget struct {
	URL  string  `json:"url"`
	Name *string `json:"name,omitempty"`
	// Key is sent verbatim and never described.
	Key        string      `json:"key,omitempty"`
	Encoding   string      `json:"encoding"`
	Attributes []parameter `json:"attributes,omitempty"`
	Role       *string     `json:"role,omitempty"`
	// SizeMB and Seconds are the buffering hints in force.
	SizeMB  int32 `json:"sizeMB"`
	Seconds int32 `json:"seconds"`
	// Retry is how long requests are repeated, in seconds.
	Retry int32   `json:"retry"`
	Mode  string  `json:"mode"`
	Log   logging `json:"log,omitzero"`
}

// httpDestination reads the configuration of an HTTP endpoint.
func httpDestination(c *types.HttpEndpointDestinationConfiguration) (d destination, err error) {
	if s := c.SecretsManagerConfiguration; s != nil && aws.ToBool(s.Enabled) {
		return d, errNotThere("take access keys from Secrets Manager")
	}
	if d.S3, err = plainTarget(c.S3Configuration); err != nil {
		return d, err
	}
	h := &httpTarget{URL: aws.ToString(c.EndpointConfiguration.Url), Name: c.EndpointConfiguration.Name, Key: aws.ToString(c.EndpointConfiguration.AccessKey),
		Role: c.RoleARN, SizeMB: defaultSizeMB, Seconds: defaultSeconds, Retry: defaultRetry,
		Mode: string(types.HttpEndpointS3BackupModeFailedDataOnly), Log: readLogging(c.CloudWatchLoggingOptions)}
	if hint := c.BufferingHints; hint != nil && (hint.SizeInMBs == nil) != (hint.IntervalInSeconds == nil) {
		return d, errInvalid("Both SizeInMBs and IntervalInSeconds are required to configure buffering")
	}
	h.hint(c.BufferingHints)
	h.request(c.RequestConfiguration)
	if c.RetryOptions != nil && c.RetryOptions.DurationInSeconds != nil {
		h.Retry = *c.RetryOptions.DurationInSeconds
	}
	if c.S3BackupMode != "" {
		h.Mode = string(c.S3BackupMode)
	}
	d.HTTP = h
	if p := c.ProcessingConfiguration; p != nil {
		d.Processing, err = readProcessing(p, or(aws.ToString(c.RoleARN), d.S3.Role))
	}
	return d, err
}

func (h *httpTarget) hint(b *types.HttpEndpointBufferingHints) {
	if b == nil {
		return
	}
	if b.SizeInMBs != nil {
		h.SizeMB = *b.SizeInMBs
	}
	if b.IntervalInSeconds != nil {
		h.Seconds = *b.IntervalInSeconds
	}
}

func (h *httpTarget) request(c *types.HttpEndpointRequestConfiguration) {
	h.Encoding, h.Attributes = string(types.ContentEncodingNone), nil
	if c == nil {
		return
	}
	if c.ContentEncoding != "" {
		h.Encoding = string(c.ContentEncoding)
	}
	for _, a := range c.CommonAttributes {
		h.Attributes = append(h.Attributes, parameter{aws.ToString(a.AttributeName), aws.ToString(a.AttributeValue)})
	}
}

// mergeHTTP returns the destination with an update in it.
func (d destination) mergeHTTP(u *types.HttpEndpointDestinationUpdate) (destination, error) {
	if d.HTTP == nil {
		return d, errNotThere("change the kind of a destination")
	}
	if s := u.SecretsManagerConfiguration; s != nil && aws.ToBool(s.Enabled) {
		return d, errNotThere("take access keys from Secrets Manager")
	}
	var err error
	h := *d.HTTP
	if c := u.EndpointConfiguration; c != nil {
		h.URL = aws.ToString(c.Url)
		if c.Name != nil {
			h.Name = c.Name
		}
		if c.AccessKey != nil {
			h.Key = *c.AccessKey
		}
	}
	h.hint(u.BufferingHints)
	if u.RequestConfiguration != nil {
		h.request(u.RequestConfiguration)
	}
	if u.RetryOptions != nil && u.RetryOptions.DurationInSeconds != nil {
		h.Retry = *u.RetryOptions.DurationInSeconds
	}
	if u.RoleARN != nil {
		h.Role = u.RoleARN
	}
	h.Log.merge(u.CloudWatchLoggingOptions)
	switch all := string(types.HttpEndpointS3BackupModeAllData); {
	case u.S3BackupMode == "":
	case h.Mode == all && string(u.S3BackupMode) != all:
		return d, errInvalid("S3BackupMode cannot be changed from AllData to FailedDataOnly.")
	default:
		h.Mode = string(u.S3BackupMode)
	}
	d.HTTP = &h
	if u.S3Update != nil {
		if d.S3, err = d.S3.merge(u.S3Update); err != nil {
			return d, err
		}
	}
	if u.ProcessingConfiguration != nil {
		return d.mergeProcessing(u.ProcessingConfiguration, or(aws.ToString(h.Role), d.S3.Role))
	}
	return d, nil
}

// describe shows an HTTP endpoint without its key.
func (h *httpTarget) describe(d *destination) *types.HttpEndpointDestinationDescription {
	out := &types.HttpEndpointDestinationDescription{
		EndpointConfiguration:    &types.HttpEndpointDescription{Name: h.Name, Url: aws.String(h.URL)},
		BufferingHints:           &types.HttpEndpointBufferingHints{SizeInMBs: aws.Int32(h.SizeMB), IntervalInSeconds: aws.Int32(h.Seconds)},
		RequestConfiguration:     &types.HttpEndpointRequestConfiguration{ContentEncoding: types.ContentEncoding(h.Encoding), CommonAttributes: []types.HttpEndpointCommonAttribute{}},
		RetryOptions:             &types.HttpEndpointRetryOptions{DurationInSeconds: aws.Int32(h.Retry)},
		CloudWatchLoggingOptions: h.Log.describe(), RoleARN: h.Role,
		S3BackupMode: types.HttpEndpointS3BackupMode(h.Mode), S3DestinationDescription: d.S3.describe(),
	}
	for _, a := range h.Attributes {
		out.RequestConfiguration.CommonAttributes = append(out.RequestConfiguration.CommonAttributes,
			types.HttpEndpointCommonAttribute{AttributeName: aws.String(a.Name), AttributeValue: aws.String(a.Value)})
	}
	if d.Processing != nil {
		out.ProcessingConfiguration = d.Processing.describe()
	}
	return out
}

// admitURL looks at the address of an endpoint. member is the path of the
// configuration it is in. relaxed tells that AWS would refuse it.
func (f *Firehose) admitURL(text, member string) (relaxed bool, err error) {
	at, err := url.Parse(text)
	if err != nil || at.Host == "" || at.Scheme != "https" && (f.config.StrictURLs || at.Scheme != "http") {
		return false, &smithy.GenericAPIError{Code: "ValidationException", Message: fmt.Sprintf(
			"1 validation error detected: Value at '%s.endpointConfiguration.url' failed to satisfy constraint: Member must satisfy regular expression pattern: https://.*", member)}
	}
	ip := net.ParseIP(at.Hostname())
	relaxed = at.Scheme != "https" || at.Port() != "" && at.Port() != "443" || at.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if relaxed && f.config.StrictURLs {
		return true, errInvalid("The HTTP endpoint has to be reached at port 443 of a public host.")
	}
	return relaxed, nil
}

// noteURL lets it be known that an address was accepted which AWS refuses.
func (f *Firehose) noteURL(s *stream, relaxed bool, at string) {
	if !relaxed {
		return
	}
	s.pump.counts.Relaxed.Add(1)
	host := ""
	if u, err := url.Parse(at); err == nil {
		host = u.Host // the rest may hold a secret
	}
	f.config.Logger.Warn("the address of an endpoint was accepted that AWS refuses", "stream", s.key.name, "host", host)
}
