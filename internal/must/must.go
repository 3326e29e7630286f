// Package must turns broken invariants into panics. It is for states that
// only a bug in Sluice can produce, never for anything a client can send.
package must

import "fmt"

// Hold panics with the formatted text when ok is false.
func Hold(ok bool, format string, args ...any) {
	if !ok {
		panic("sluice: broken invariant: " + fmt.Sprintf(format, args...))
	}
}
