package firehose

import (
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
)

// maxTags is how many tags a delivery stream has at most.
const maxTags = 50

// mergeTags adds tags to those of a stream. Of a key given twice the last
// counts.
func mergeTags(k streamKey, old map[string]string, add []types.Tag) (map[string]string, error) {
	out := maps.Clone(old)
	if out == nil {
		out = map[string]string{}
	}
	for _, t := range add {
		out[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	if len(out) > maxTags {
		return nil, errTooManyTags(k)
	}
	return out, nil
}
