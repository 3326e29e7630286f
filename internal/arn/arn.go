// Package arn reads and writes the resource names of Kinesis Data Streams.
//
//	arn:aws:kinesis:REGION:ACCOUNT:stream/NAME
//	arn:aws:kinesis:REGION:ACCOUNT:stream/NAME/consumer/NAME:EPOCHSECONDS
//	arn:aws:kinesis:REGION:ACCOUNT:channel/NAME
package arn

import (
	"errors"
	"strconv"
	"strings"
)

// Kind says what an ARN names.
type Kind int

// The resources that have an ARN.
const (
	Stream Kind = iota + 1
	Consumer
	Channel
)

// ErrMalformed means that a text is no ARN of this service.
var ErrMalformed = errors.New("not an ARN of Kinesis Data Streams")

// ARN names one resource. Comparing two with == compares the resources.
type ARN struct {
	Kind      Kind
	Partition string
	Region    string
	Account   string
	// Stream is set for streams and consumers.
	Stream string
	// Consumer and Created (epoch seconds of its registration) are set for consumers.
	Consumer string
	Created  int64
	// Channel is all that follows "channel/".
	Channel string
}

// ForStream names a stream.
func ForStream(region, account, name string) ARN {
	return ARN{Kind: Stream, Partition: Partition(region), Region: region, Account: account, Stream: name}
}

// WithConsumer names a consumer of the stream that a names.
func (a ARN) WithConsumer(name string, created int64) ARN {
	a.Kind, a.Consumer, a.Created = Consumer, name, created
	return a
}

// ForChannel names a channel.
func ForChannel(region, account, channel string) ARN {
	return ARN{Kind: Channel, Partition: Partition(region), Region: region, Account: account, Channel: channel}
}

// Parent names the stream of a consumer; other ARNs are returned as they are.
func (a ARN) Parent() ARN {
	if a.Kind == Consumer {
		a.Kind, a.Consumer, a.Created = Stream, "", 0
	}
	return a
}

// Partition is the AWS partition that a region belongs to.
func Partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	default:
		return "aws"
	}
}

// String writes the ARN.
func (a ARN) String() string {
	head := "arn:" + a.Partition + ":kinesis:" + a.Region + ":" + a.Account + ":"
	switch a.Kind {
	case Channel:
		return head + "channel/" + a.Channel
	case Consumer:
		return head + "stream/" + a.Stream + "/consumer/" + a.Consumer + ":" + strconv.FormatInt(a.Created, 10)
	default:
		return head + "stream/" + a.Stream
	}
}

// Parse reads an ARN. It accepts exactly what String writes, in any partition
// whose name starts with "aws".
func Parse(s string) (ARN, error) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || !strings.HasPrefix(parts[1], "aws") || parts[2] != "kinesis" ||
		parts[3] == "" || !isAccount(parts[4]) {
		return ARN{}, ErrMalformed
	}
	a := ARN{Partition: parts[1], Region: parts[3], Account: parts[4]}
	kind, rest, _ := strings.Cut(parts[5], "/")
	switch {
	case rest == "":
		return ARN{}, ErrMalformed
	case kind == "channel":
		a.Kind, a.Channel = Channel, rest
		return a, nil
	case kind != "stream":
		return ARN{}, ErrMalformed
	}
	return a.parseStream(rest)
}

// parseStream reads "NAME" or "NAME/consumer/NAME:EPOCHSECONDS".
func (a ARN) parseStream(rest string) (ARN, error) {
	name, tail, nested := strings.Cut(rest, "/")
	a.Kind, a.Stream = Stream, name
	if !isName(name) {
		return ARN{}, ErrMalformed
	}
	if !nested {
		return a, nil
	}
	consumer, ok := strings.CutPrefix(tail, "consumer/")
	name, digits, dated := strings.Cut(consumer, ":")
	created, err := strconv.ParseInt(digits, 10, 64)
	// The comparison refuses signs and leading zeros: one resource, one ARN.
	if !ok || !dated || !isName(name) || err != nil || created < 0 || strconv.FormatInt(created, 10) != digits {
		return ARN{}, ErrMalformed
	}
	return a.WithConsumer(name, created), nil
}

func isAccount(s string) bool {
	if len(s) != 12 {
		return false
	}
	return strings.Trim(s, "0123456789") == ""
}

// isName follows the service's pattern [a-zA-Z0-9_.-]+ of 1 to 128 characters.
func isName(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && c != '_' && c != '.' && c != '-' {
			return false
		}
	}
	return true
}
