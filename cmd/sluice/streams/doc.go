// Package streams is what the command line does to a stream: find the endpoint,
// read along the lineage of shards, write in batches, replay a dump. It speaks
// to any Kinesis endpoint through the AWS SDK, and knows neither commands nor
// terminals; those are in cmd/sluice.
package streams

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Reference splits what a user calls a stream into the two members that shapes
// have for it.
func Reference(stream string) (name, arn *string) {
	if strings.HasPrefix(stream, "arn:") {
		return nil, aws.String(stream)
	}
	return aws.String(stream), nil
}
