package firehose

import (
	"errors"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"
)

func textOf(err error) string {
	var invalid *types.InvalidArgumentException
	if errors.As(err, &invalid) {
		return invalid.ErrorMessage()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func given(s string) *string {
	if s == "-" {
		return nil
	}
	return &s
}

func TestPrefixesThatAreRefused(t *testing.T) {
	const type_ = "!{firehose:error-output-type}"
	for _, c := range []struct {
		name, good, failed string
		partitioning       bool
		text               string
	}{
		{"19 unquoted T", "!{timestamp:yyyy-MM-ddTHH}", "e/" + type_, false, "Invalid conversion character used in the value of the expression in Prefix"},
		{"19 quoted T", "!{timestamp:yyyy-MM-dd'T'HH}", "e/" + type_, false, ""},
		{"21 no error prefix", "!{timestamp:yyyy}/", "-", false, "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions"},
		{"21 empty error prefix", "!{timestamp:yyyy}/", "", false, "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions"},
		{"22 512 literal characters", strings.Repeat("p", 512), "-", false, ""},
		{"513 evaluated characters", strings.Repeat("p", 509) + "!{timestamp:yyyy}", "e/" + type_, false, "Length of evaluated prefix cannot be greater than 512"},
		{"513 in the error prefix", "", strings.Repeat("p", 500) + type_, false, "Length of evaluated ErrorOutputPrefix cannot be greater than 512"},
		{"error prefix without type", "a", "!{timestamp:yyyy}", false, "ErrorOutputPrefix must contain at least one occurrence of !{firehose:error-output-type}"},
		{"type in the prefix", type_, "e/" + type_, false, "Prefix must not contain any occurrence of !{firehose:error-output-type}"},
		{"key in the error prefix", "a", "!{partitionKeyFromQuery:c}", true, "Dynamic Partitioning Namespaces can't be part of an error prefix expression"},
		{"key without partitioning", "!{partitionKeyFromQuery:c}", "e/" + type_, false, "Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is enabled."},
		{"partitioning without key", "!{timestamp:yyyy}", "e/" + type_, true, "S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is enabled"},
		{"stray opening", "a!{b", "-", false, "Invalid expression usage"},
		{"unknown value", "!{firehose:name}", "e/" + type_, false, "Invalid conversion character used in the value of the expression in Prefix"},
		{"bad letter in the error prefix", "", type_ + "!{timestamp:j}", false, "Invalid conversion character used in the value of the expression in ErrorOutputPrefix"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := compilePrefixes(given(c.good), given(c.failed), c.partitioning)
			require.Equal(t, c.text, textOf(err))
		})
	}
}

func TestPrefixesAsMeasured(t *testing.T) {
	const type_ = "!{firehose:error-output-type}"
	at := time.Date(2026, 7, 13, 23, 5, 6, 789e6, time.UTC)
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	require.NoError(t, err)
	for _, c := range []struct {
		name, good, failed, errorType string
		at                            time.Time
		want                          string
	}{
		{"no prefix", "-", "-", "", at, "2026/07/13/23/"},
		{"empty prefix", "", "-", "", at, "2026/07/13/23/"},
		{"16 literal", "legacy", "-", "", at, "legacy2026/07/13/23/"},
		{"leading slashes stay", "//a/", "-", "", at, "//a/2026/07/13/23/"},
		{"17 random string only", "r/!{firehose:random-string}/", "e/" + type_, "", at, "r/abcdefghijk/"},
		{"18 in Tokyo", "!{timestamp:yyyy/MM/dd}/", "e/" + type_, "", at.In(tokyo), "2026/07/14/"},
		{"20 week of the US", "!{timestamp:YYYY-'w'ww}", "e/" + type_, "", time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC), "2027-w01"},
		{"fractions are zeros", "!{timestamp:ss.SSS}", "e/" + type_, "", at, "06.000"},
		{"error, no prefixes", "-", "-", "processing-failed", at, "processing-failed/2026/07/13/23/"},
		{"error, prefix only", "p/", "-", "processing-failed", at, "p/processing-failed/2026/07/13/23/"},
		{"error, literal", "p/", "e/", "processing-failed", at, "e/processing-failed/2026/07/13/23/"},
		{"error, expressions", "p/", "e/" + type_ + "/!{timestamp:yyyy}/", "processing-failed", at, "e/processing-failed/2026/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := compilePrefixes(given(c.good), given(c.failed), false)
			require.NoError(t, err)
			one := p.good
			if c.errorType != "" {
				one = p.failed
			}
			got, err := one.expand(moment{at: c.at, errorType: c.errorType, random: func() string { return "abcdefghijk" }})
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestObjectKey(t *testing.T) {
	at := time.Date(2026, 7, 13, 23, 5, 6, 0, time.UTC)
	require.Equal(t, "legacy2026/07/13/23/orders-3-2026-07-13-23-05-06-id.gz", objectKey("legacy2026/07/13/23/", "orders", 3, at, "id", ".gz"))
}

func FuzzPrefix(f *testing.F) {
	f.Add("a/!{timestamp:yyyy}/!{firehose:random-string}", "e/!{firehose:error-output-type}")
	f.Fuzz(func(t *testing.T, good, failed string) {
		if p, err := compilePrefixes(&good, &failed, false); err == nil {
			_, _ = p.good.expand(sample)
			_, _ = p.failed.expand(sample)
		}
	})
}
