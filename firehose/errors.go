package firehose

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
)

// errInvalid is the error of a request whose members do not go together; the
// text is the service's.
func errInvalid(text string) error { return &types.InvalidArgumentException{Message: aws.String(text)} }
