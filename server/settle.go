package server

import (
	"strings"
	"time"
)

const (
	// settling is how long an answer is held back; a thousandth of a second
	// was enough on two cores with sixteen busy processes.
	settling = time.Millisecond
	// settlingLarge is the same for answers above largeAnswer: a client that
	// has just decoded a megabyte is still collecting its garbage. With one
	// millisecond 4 to 11 of 1500 pages of a megabyte broke off, with three 1, with
	// five none or 1. Such an answer takes longer than that to make and read.
	settlingLarge = 5 * time.Millisecond
	largeAnswer   = 128 << 10
	// firstSight is what a client has read when it has read the head.
	firstSight = 2 << 10
)

// settle holds back an answer that would be too fast for its client. The AWS
// SDK for Go closes the body of its request once it sees the head of the
// answer. When net/http's writer has not yet looked for the end of that body by
// then, it finds the SDK's EOF, takes it for a failure and closes the
// connection under the answer. Real endpoints are too far away for that; here
// one in ten answers of a megabyte broke off on a busy machine, and so did
// subscriptions, which the SDK does not try again. Short answers arrive whole
// together with their head and need no such care, nor does HTTP/2.
func (x *exchange) settle(bytes int) {
	if bytes <= firstSight || x.r.ProtoMajor != 1 || !strings.Contains(x.r.UserAgent(), "aws-sdk-go") {
		return
	}
	long := settling
	if bytes > largeAnswer {
		long = settlingLarge
	}
	passed := x.s.cfg.Host.Now().Sub(x.asked)
	_ = x.s.cfg.Host.Sleep(x.r.Context(), long-passed) // gone clients need no care
}
