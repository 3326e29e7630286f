package sluice

import (
	"context"
	"time"

	"sluice/companions/dynamodb"
	"sluice/server"
)

const dynamodbID = "dynamodb"

// textUnknownTableCall is the answer to calls of DynamoDB that are not there.
const textUnknownTableCall = "The lease store of Sluice has the part of DynamoDB that clients of Kinesis need; " +
	"this operation is not in it. `sluice ops` lists what is. Point AWS_ENDPOINT_URL_DYNAMODB at another server for the rest."

// tableTransition is how long a table is CREATING at AWS.
const tableTransition = 5 * time.Second

// openCompanions opens the small neighbours that clients of Kinesis need
// beside it: lease tables.
func (s *Sluice) openCompanions(ctx context.Context, inst *instance) error {
	transition := s.config.Transition.after
	if s.config.Transition.kind == transitionLikeAWS {
		transition = tableTransition
	}
	tables, err := dynamodb.Open(ctx, dynamodb.Config{
		Clock: s.clock, Dice: s.dice, Space: inst.store.Space(dynamodbID), Hold: s.clock.Hold,
		Transition: transition, Account: s.config.Account, Region: s.config.Region, Logger: s.log,
	})
	if err != nil {
		return err
	}
	inst.onClose("tables", tables.Close)
	inst.resets[dynamodbID] = tables.Reset
	return inst.mounts.Mount(dynamodbID, tables, server.Coverage(dynamodb.Coverage()), server.Unknown(textUnknownTableCall))
}
