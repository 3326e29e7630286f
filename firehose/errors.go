package firehose

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"

	"sluice/internal/arn"
)

// Every error of the room, with the service's text.

// errInvalid is the error of a request whose members do not go together.
func errInvalid(text string) error { return &types.InvalidArgumentException{Message: aws.String(text)} }

func errExists(k streamKey) error {
	return &types.ResourceInUseException{Message: aws.String(fmt.Sprintf("Firehose %s under accountId %s already exists", k.name, k.account))}
}

func errNotFound(k streamKey) error {
	return &types.ResourceNotFoundException{Message: aws.String(fmt.Sprintf("Firehose %s under account %s not found.", k.name, k.account))}
}

func errNotActive(k streamKey) error {
	return &types.ResourceNotFoundException{Message: aws.String(fmt.Sprintf("Firehose %s is not active in %s account.", k.name, k.account))}
}

func errDeleteWhile(k streamKey, status string) error {
	return &types.ResourceInUseException{Message: aws.String(fmt.Sprintf(
		"Firehose %s under account %s cannot be deleted in %s state", k.name, k.account, status))}
}

func errUpdateWhile(k streamKey, status string) error {
	return &types.ResourceInUseException{Message: aws.String(fmt.Sprintf(
		"Cannot update firehose: %s when it is in %s status", k.name, status))}
}

func errVersion(k streamKey, now int64, given string) error {
	return &types.ConcurrentModificationException{Message: aws.String(fmt.Sprintf(
		"Cannot update firehose: %s since the current version id: %d and specified version id: %s do not match", k.name, now, given))}
}

func errQuota(n int, names []string) error {
	return &types.LimitExceededException{Message: aws.String(fmt.Sprintf(
		"You have already consumed your firehose quota of %d hoses. Firehose names: %v", n, names))}
}

func errTooManyTags(k streamKey) error {
	return &types.LimitExceededException{Message: aws.String(fmt.Sprintf(
		"Failed to add tags to resource %s. A resource can have at most %d tags.", k.arn(), maxTags))}
}

// errNotThere refuses what AWS has and Sluice has not, before anything is
// accepted that would never be delivered.
func errNotThere(what string) error {
	return errInvalid("Sluice cannot do this yet: " + what + ". docs/firehose.md lists what works.")
}

// errBatchTooLong has another code than a single record that is too long.
func errBatchTooLong() error {
	return errInvalid(fmt.Sprintf("Records size exceeds %d MB limit", maxBatch>>20))
}

// slowDown is what is said about records that come too fast.
const slowDown = "Slow down."

func errTooFast() error { return &types.ServiceUnavailableException{Message: aws.String(slowDown)} }

func errNotFromLogs(k streamKey) error {
	return &types.InvalidSourceException{Message: aws.String(fmt.Sprintf(
		"Put to Firehose failed for AccountId: %s, FirehoseName: %s because the request is not originating from CloudWatch.", k.account, k.name))}
}

func errNoSource(name arn.ARN) error {
	return errInvalid(fmt.Sprintf("Kinesis Stream %s under account %s not found.", name.Stream, name.Account))
}

func errPutOnSource() error {
	return errInvalid("This operation is not permitted on KinesisStreamAsSource delivery stream type.")
}
