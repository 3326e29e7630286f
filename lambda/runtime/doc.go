// Package runtime hosts functions: it keeps what is known of each and runs its
// invocations.
//
//	Invoke, InvokeLater
//	     │
//	┌────▼────┐  definition, places,   ┌──────────┐ an address that takes events (http)
//	│  Host   ├─ deadline, log ──────► │ a target ├ another Invoke API (endpoint)
//	└────┬────┘                        └──────────┘ processes of its own (exec, code)
//	     │                                          a function of this program (go)
//	  queue of later invocations, tried thrice
//
// Deadlines of functions count in host time: a moved service clock must not
// kill a function. Only the waits between the tries of a later invocation are
// service time.
package runtime
