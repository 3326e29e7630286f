package server

import (
	"strings"
	"time"
)

const (
	// settling is how long an answer is held back; a thousandth of a second
	// was enough on two cores with sixteen busy processes.
	settling = time.Millisecond
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
	passed := x.s.cfg.Host.Now().Sub(x.asked)
	_ = x.s.cfg.Host.Sleep(x.r.Context(), settling-passed) // gone clients need no care
}
