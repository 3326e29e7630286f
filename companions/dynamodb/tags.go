package dynamodb

import (
	"context"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"sluice/store/kv"
)

const maxTags = 50

// withTags adds tags to those there are.
func withTags(old map[string]string, in []types.Tag) (map[string]string, error) {
	tags := maps.Clone(old)
	if tags == nil {
		tags = map[string]string{}
	}
	for _, tag := range in {
		tags[*tag.Key] = aws.ToString(tag.Value)
	}
	if len(tags) > maxTags {
		return nil, &types.LimitExceededException{Message: aws.String("Tag quota exceeded: a table has 50 tags at most")}
	}
	return tags, nil
}

// tagged finds the table of a resource's ARN.
func (r *Tables) tagged(operation string, arn *string) (*table, error) {
	parts := strings.SplitN(aws.ToString(arn), ":", 6)
	if len(parts) != 6 || !strings.Contains(parts[5], "/") {
		return nil, &smithy.GenericAPIError{Code: "AccessDeniedException",
			Message: "User is not authorized to perform: dynamodb:" + operation + " on resource: " + aws.ToString(arn)}
	}
	name, ok := strings.CutPrefix(parts[5], "table/")
	if !ok || parts[2] != "dynamodb" || checkName(name) != nil {
		return nil, invalid("Invalid TableArn: Invalid ResourceArn provided as input %s", aws.ToString(arn))
	}
	t := r.get(tableKey{account: parts[4], region: parts[3], name: name})
	if t == nil {
		return nil, &types.ResourceNotFoundException{Message: aws.String("Requested resource not found: ResourcArn: " + *arn + " not found")}
	}
	return t, nil
}

// retag stores other tags.
func (r *Tables) retag(ctx context.Context, t *table, change func(map[string]string) (map[string]string, error)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	next := t.record.clone()
	var err error
	if next.Tags, err = change(next.Tags); err != nil {
		return err
	}
	return r.change(ctx, t, next, &kv.Batch{})
}
