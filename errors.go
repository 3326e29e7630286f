package sluice

import "fmt"

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
