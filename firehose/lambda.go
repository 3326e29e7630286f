package firehose

import (
	"regexp"
	"strconv"
	"strings"
)

// The values of a Lambda processor that gives none.
const (
	defaultRetries  = "3"
	defaultSize     = "1"
	defaultInterval = "60"
)

var lambdaARN = regexp.MustCompile(`^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(:(\$LATEST|[A-Za-z0-9_-]+))?$`)

// completeLambda checks the parameters of a Lambda processor, fills in those
// that are missing, and brings them into the order they are described in.
func (p *processor) completeLambda(role string) error {
	arn, retries := p.value(paramLambda), p.value(paramRetries)
	size, interval := p.value(paramSize), p.value(paramInterval)
	switch {
	case arn == "":
		return errInvalid("LambdaArn is required when Lambda processor is used.")
	case !lambdaARN.MatchString(arn):
		return errInvalid("Invalid lambda ARN.")
	case (size == "") != (interval == ""):
		return errInvalid("Both BufferSizeInMBs and BufferIntervalInSeconds are required to configure buffering for lambda processor.")
	case size != "" && !within(size, 0.2, 3):
		return errInvalid("BufferSizeInMBs for lambda processor must be between 0.2 and 3.")
	case interval != "" && (!whole(interval) || !within(interval, 0, 900)):
		return errInvalid("BufferIntervalInSeconds for lambda processor must be between 0 and 900.")
	case retries != "" && (!whole(retries) || !within(retries, 0, 300)):
		return errInvalid("Number of retries for lambda must be between 0 and 300.")
	}
	if own := p.value(paramRole); own != "" {
		role = own
	}
	p.Parameters = []parameter{{paramLambda, arn}, {paramRetries, or(retries, defaultRetries)}, {paramRole, role},
		{paramSize, or(size, defaultSize)}, {paramInterval, or(interval, defaultInterval)}}
	return nil
}

// completeExtraction checks the parameter of a log processor and spells it as
// it is described.
func (p *processor) completeExtraction() error {
	value := strings.ToLower(p.value(paramExtraction))
	if value != extractionOn && value != "false" {
		return errInvalid("Invalid parameter value for DataMessageExtraction. Allowed values are True and False.")
	}
	p.Parameters = []parameter{{paramExtraction, value}}
	return nil
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func within(text string, least, most float64) bool {
	v, err := strconv.ParseFloat(text, 64)
	return err == nil && v >= least && v <= most
}

func whole(text string) bool {
	_, err := strconv.Atoi(text)
	return err == nil
}
