package sluice

import (
	"errors"
	"fmt"

	"sluice/server"
	"sluice/store"
)

// ErrClosed is what an instance answers after Close.
var ErrClosed = errors.New("sluice is closed")

var errNoInstance = errors.New("no instance is open at this moment; try again")

// BlockedError means that something outside stands in the way: another process
// has the port or the data folder. The command ends with exit code 3.
type BlockedError struct {
	Err error
	// Advice says what to do about it.
	Advice string
}

// Error implements error.
func (e *BlockedError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *BlockedError) Unwrap() error { return e.Err }

// Hint says what to do about it.
func (e *BlockedError) Hint() string { return e.Advice }

// blocked wraps the errors that something outside can cure.
func blocked(err error) error {
	var listen *server.ListenError
	var hinted *store.Hinted
	switch {
	case errors.As(err, &listen) && listen.Busy():
		return &BlockedError{Err: err, Advice: listen.Hint()}
	case errors.Is(err, store.ErrLocked) && errors.As(err, &hinted):
		return &BlockedError{Err: hinted.Err, Advice: hinted.Hint}
	}
	return err
}

// UsageError means that a setting cannot be used as it is. The command ends
// with exit code 2.
type UsageError struct {
	// Setting names the flag, or the key of the file, without dashes.
	Setting string
	// Source says where the value came from: "--listen", "SLUICE_LISTEN" or
	// "sluice.yaml:12". Empty when it is not known.
	Source  string
	Problem string
}

// Error implements error.
func (e *UsageError) Error() string {
	if e.Source != "" {
		return fmt.Sprintf("%s: %s", e.Source, e.Problem)
	}
	return fmt.Sprintf("%s: %s", e.Setting, e.Problem)
}

// Hint says what to do about a problem in a settings file; it is empty for
// others, whose command knows what to say.
func (e *UsageError) Hint() string {
	if e.Setting != "config" && e.Setting != "version" || e.Source == "--config" {
		return ""
	}
	return "docs/sluice.yaml shows every key of a settings file, and docs/config.schema.json checks one in an editor"
}
