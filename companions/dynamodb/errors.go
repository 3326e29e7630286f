package dynamodb

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"sluice/companions/dynamodb/value"
)

// The catalogue: every answer of this room that is not a success, with the
// service's text.

func invalid(format string, args ...any) error {
	return &smithy.GenericAPIError{Code: "ValidationException", Message: fmt.Sprintf(format, args...)}
}

// badValue is invalid for one of several parameters that go wrong together.
func badValue(format string, args ...any) error {
	return invalid("One or more parameter values were invalid: "+format, args...)
}

// beyond refuses what DynamoDB has and this store has not.
func beyond(what string) error {
	return invalid("%s is beyond the lease store of Sluice, which is not a replacement of DynamoDB", what)
}

func errNoTable(name string) error {
	return &types.ResourceNotFoundException{Message: aws.String("Requested resource not found: Table: " + name + " not found")}
}

// errNoTableHere is the text of calls that read and write items.
func errNoTableHere() error {
	return &types.ResourceNotFoundException{Message: aws.String("Requested resource not found")}
}

func errNoTableForBackups(name string) error {
	return &types.TableNotFoundException{Message: aws.String("Table not found: " + name)}
}

func errTableExists(name string) error {
	return &types.ResourceInUseException{Message: aws.String("Table already exists: " + name)}
}

func errTableBusy(name, status string) error {
	return &types.ResourceInUseException{Message: aws.String(
		"Attempt to change a resource which is still in use: Table is being " + status + ": " + name)}
}

func errProtected(name string) error {
	return invalid("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first. Table: %s", name)
}

func errCondition(item map[string]types.AttributeValue) error {
	return &types.ConditionalCheckFailedException{Message: aws.String(textCondition), Item: item}
}

const textCondition = "The conditional request failed"

func errNoIndex(name string) error {
	return invalid("The table does not have the specified index: %s", name)
}

func errKeySchema() error { return invalid("The provided key element does not match the schema") }

func errKeyMissing(name string) error { return badValue("Missing the key %s in the item", name) }

func errKeyType(name string, want, have value.Kind) error {
	return badValue("Type mismatch for key %s expected: %s actual: %s", name, want, have)
}

func errIndexKeyType(name string, want, have value.Kind, index string) error {
	return badValue("Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s", name, want, have, index)
}

func errKeyUpdated(name string) error {
	return badValue("Cannot update attribute %s. This attribute is part of the key", name)
}

func errItemSize() error { return invalid("Item size has exceeded the maximum allowed size") }

func errItemSizeUpdated() error {
	return invalid("Item size to update has exceeded the maximum allowed size")
}

func errNested(kind, name string) error {
	return invalid("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: %s: %s", kind, name)
}

func errStartKey() error { return invalid("The provided starting key is invalid") }

// messageOf is the text of an error of this catalogue.
func messageOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorMessage()
	}
	return err.Error()
}

// errNoTableIndex is the answer to a change of an index that is not there.
func errNoTableIndex(name string) error {
	return &types.ResourceNotFoundException{Message: aws.String("Requested resource not found: Index: " + name + " not found")}
}

func errTooManyTables() error {
	return &types.LimitExceededException{Message: aws.String("Subscriber limit exceeded: There is a limit of 2500 tables per subscriber")}
}
