package sluice

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sluice/lambda/destination"
)

// lambdaSettings are those of event source mappings.
func lambdaSettings() []Setting {
	return []Setting{
		{Flag: "failure-endpoint", Section: "lambda", Placeholder: "NAME=URL", Repeatable: true,
			Usage: "where failures of mappings go: NAME is sqs, sns, s3 or an ARN", set: setFailureEndpoints, get: getFailureEndpoints},
		toggle("lambda", "fast-retries", "shorten the pauses between the attempts of mappings", func(c *Config) *bool { return &c.FastRetries }),
	}
}

func setFailureEndpoints(c *Config, values []string) error {
	endpoints := map[string]string{}
	for _, value := range values {
		name, address, ok := strings.Cut(value, "=")
		if !ok {
			return fmt.Errorf("%q is not NAME=URL such as sqs=http://127.0.0.1:9324", value)
		}
		if err := destination.CheckEndpoint(name, address); err != nil {
			return err
		}
		endpoints[name] = address
	}
	c.FailureEndpoints = endpoints
	return nil
}

func getFailureEndpoints(c *Config) []string {
	var values []string
	for _, name := range slices.Sorted(maps.Keys(c.FailureEndpoints)) {
		values = append(values, name+"="+c.FailureEndpoints[name])
	}
	return values
}
