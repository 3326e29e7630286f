package sluice

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sluice/companions/s3/outside"
)

// everyBucket stands for all buckets that have no endpoint of their own.
const everyBucket = "*"

// s3Settings are those of buckets.
func s3Settings() []Setting {
	return []Setting{
		{Flag: "bucket-endpoint", Section: "s3", Placeholder: "BUCKET=URL", Repeatable: true,
			Usage: "S3 endpoint that deliveries to a bucket go to, * for all; signed with the keys of the environment",
			set:   setBucketEndpoints, get: getBucketEndpoints},
	}
}

func setBucketEndpoints(c *Config, values []string) error {
	endpoints := map[string]string{}
	for _, value := range values {
		bucket, address, ok := strings.Cut(value, "=")
		if !ok || bucket == "" {
			return fmt.Errorf("%q is not BUCKET=URL such as landing=http://127.0.0.1:9000", value)
		}
		if err := outside.Check(address); err != nil {
			return err
		}
		endpoints[bucket] = address
	}
	c.BucketEndpoints = endpoints
	return nil
}

func getBucketEndpoints(c *Config) []string {
	var values []string
	for _, bucket := range slices.Sorted(maps.Keys(c.BucketEndpoints)) {
		values = append(values, bucket+"="+c.BucketEndpoints[bucket])
	}
	return values
}
