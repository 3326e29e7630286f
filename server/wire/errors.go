package wire

import (
	"errors"
	"fmt"

	"github.com/aws/smithy-go"
)

// Fault is an error on its way to a client.
type Fault struct {
	// Code is the short name, "ResourceNotFoundException" for one.
	Code string
	// Message is the text for people.
	Message string
	// Status is the HTTP status.
	Status int
	// Sender says that the caller is to blame.
	Sender bool
	// BodyKey is how the message member is spelled: "message" (also when empty) or
	// "Message", which SerializationException uses.
	BodyKey string
	// NoMessage leaves the message member out.
	NoMessage bool

	// details are further members, read from the error it was made of.
	details *encoding
}

// Error returns code and message.
func (f *Fault) Error() string {
	if f.Message == "" {
		return f.Code
	}
	return fmt.Sprintf("%s: %s", f.Code, f.Message)
}

// messageKey returns how the message member is spelled.
func (f *Fault) messageKey() string {
	if f.BodyKey == "" {
		return "message"
	}
	return f.BodyKey
}

// ErrorCode returns the code, as smithy.APIError wants it.
func (f *Fault) ErrorCode() string { return f.Code }

// ErrorMessage returns the message, as smithy.APIError wants it.
func (f *Fault) ErrorMessage() string { return f.Message }

// ErrorFault says who is to blame, as smithy.APIError wants it.
func (f *Fault) ErrorFault() smithy.ErrorFault {
	if f.Sender {
		return smithy.FaultClient
	}
	return smithy.FaultServer
}

// Codes that every service may answer without naming them in its model.
const (
	codeSerialization = "SerializationException"
	codeValidation    = "ValidationException"
	codeInternal      = "InternalFailure"
)

// InternalFailure is the 500 without a message that the service gives for
// everything it does not foresee.
func InternalFailure() *Fault {
	return &Fault{Code: codeInternal, Status: 500, NoMessage: true}
}

// malformed is the answer to a body that is not parsable at all.
func malformed() *Fault {
	return &Fault{Code: codeSerialization, Status: 400, Sender: true, BodyKey: "Message", NoMessage: true}
}

// wrongType is the answer to a member of the wrong type.
func wrongType(message string) *Fault {
	return &Fault{Code: codeSerialization, Status: 400, Sender: true, BodyKey: "Message", Message: message}
}

// FaultOf makes a fault of what a room returned: errors of the SDK keep their
// code and message and get the status the model gives them (400 or 500 by
// blame where it gives none); anything else is the internal failure, and
// modelled is false so that the door can log what it was.
func FaultOf(op *Operation, err error) (f *Fault, modelled bool) {
	if errors.As(err, &f) {
		return f, true
	}
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() == "" {
		return InternalFailure(), false
	}
	f = &Fault{
		Code:    api.ErrorCode(),
		Message: api.ErrorMessage(),
		Status:  400,
		Sender:  api.ErrorFault() != smithy.FaultServer,
	}
	if !f.Sender {
		f.Status = 500
	}
	if status, ok := declaredStatus(op, f.Code); ok {
		f.Status = status
		f.Sender = status < 500
	}
	f.details = detailsOf(op, err)
	// A room that wants the bare internal failure says so by an empty message.
	f.NoMessage = f.Code == codeInternal && f.Message == ""
	return f, true
}

func declaredStatus(op *Operation, code string) (int, bool) {
	if op == nil {
		return 0, false
	}
	if status, ok := op.Errors[code]; ok {
		return status, true
	}
	if op.Service != nil {
		if shape, ok := op.Service.Faults[code]; ok {
			return shape.Status, true
		}
	}
	return 0, false
}
