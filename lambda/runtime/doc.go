// Package runtime hosts functions: it keeps what is known of each and runs its
// invocations.
//
//	  Invoke
//	     │
//	┌────▼────┐  definition, places,   ┌──────────┐ an address that takes events (http)
//	│  Host   ├─ deadline, log ──────► │ a target ├ another Invoke API (endpoint)
//	└─────────┘                        └──────────┘ processes of its own (exec, code)
//	                                                a function of this program (go)
//
// Everything here is host time: a moved service clock must not kill a function.
package runtime
