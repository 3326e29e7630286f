// Package sts is the little of AWS STS that Kinesis clients need: who am I.
package sts

import "github.com/aws/aws-sdk-go-v2/service/sts"

// Room answers the operations of STS. It has no state.
type Room struct{}

// New returns the room.
func New() *Room { return &Room{} }

type opt = func(*sts.Options)
