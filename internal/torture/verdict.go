package torture

import (
	"fmt"
	"runtime"
	"testing"
)

// Verdict takes down what fails, in the place of a test that is to fail.
type Verdict struct {
	testing.TB
	said []string
}

// Errorf implements testing.TB.
func (v *Verdict) Errorf(format string, args ...any) {
	v.said = append(v.said, fmt.Sprintf(format, args...))
}

// FailNow implements testing.TB.
func (*Verdict) FailNow() { runtime.Goexit() }

// SeenBy is what f found to fail, in its order; t does not fail for it. Of Verdict
// only f's own goroutine may use what says that something failed.
func SeenBy(t testing.TB, f func(v *Verdict)) []string {
	v, done := &Verdict{TB: t}, make(chan struct{})
	go func() {
		defer close(done)
		f(v)
	}()
	<-done
	return v.said
}
