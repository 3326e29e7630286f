//go:build !unix

package quick

import "time"

// worked would be how long this process has had a processor; nobody tells here.
func worked() time.Duration { return 0 }
