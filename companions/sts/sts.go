// Package sts is the little of AWS STS that Kinesis clients need: who am I,
// and who may I be.
package sts

import (
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"sluice/internal/clock"
)

// Room answers the operations of STS. It has no state.
type Room struct {
	host clock.Clock
}

// New returns the room. Credentials end in host time, which clients have too.
func New(host clock.Clock) *Room { return &Room{host: host} }

type opt = func(*sts.Options)
