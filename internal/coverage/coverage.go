// Package coverage names how much of an operation is really there.
package coverage

// State says how far an operation is implemented.
type State string

// The states an operation can be in.
const (
	// Real operations have effects that can be observed; their entry names a test that does.
	Real State = "real"
	// Stored operations keep and echo what they are given, without effect.
	Stored State = "stored"
	// Refused operations answer HTTP 400 with a clear error and change nothing.
	Refused State = "refused"
)

// Entry is what one op_*.go file says of its operation in its header.
type Entry struct {
	Operation string `json:"operation"`
	State     State  `json:"state"`
	// Notes is half a line on limits and deviations, for the coverage table.
	Notes string `json:"notes"`
	// Test names the test that shows the effect.
	Test string `json:"test"`
}
