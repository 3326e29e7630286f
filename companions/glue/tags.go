package glue

import (
	"context"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// maxTags is how many tags a resource has at most.
const maxTags = 50

// withTags adds tags to those there are.
func withTags(old, add map[string]string) (map[string]string, error) {
	tags := maps.Clone(old)
	if tags == nil {
		tags = map[string]string{}
	}
	for key, value := range add {
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return nil, errReservedTag()
		}
		tags[key] = value
	}
	if len(tags) > maxTags {
		return nil, errTooManyTags()
	}
	return tags, nil
}

// tagged tells the catalog and the database that an ARN names.
func tagged(arn *string) (catalogKey, string, error) {
	text := aws.ToString(arn)
	parts := strings.SplitN(text, ":", 6) // arn:aws:glue:REGION:ACCOUNT:database/NAME
	if len(parts) != 6 || parts[2] != "glue" {
		return catalogKey{}, "", errResource(text)
	}
	name, ok := strings.CutPrefix(parts[5], "database/")
	if !ok || name == "" || strings.Contains(text, "\x00") {
		return catalogKey{}, "", errResource(text)
	}
	return catalogKey{account: parts[4], region: parts[3]}, strings.ToLower(name), nil
}

// retag stores other tags of a database.
func (c *Catalog) retag(ctx context.Context, arn *string, change func(map[string]string) (map[string]string, error)) error {
	k, name, err := tagged(arn)
	if err != nil {
		return err
	}
	defer c.alone(k, name)()
	p, err := c.find(ctx, k, name)
	if err != nil {
		return err
	}
	if p.database.Tags, err = change(p.database.Tags); err != nil {
		return err
	}
	b := &batch{}
	b.put(k.database(name), p.database)
	return c.commit(ctx, b)
}
