package sluice

import (
	"context"
	"encoding/json"

	"sluice/shards"
)

// ScalingPolicy says how a provisioned stream scales by itself.
type ScalingPolicy = shards.ScalingPolicy

// scaling answers the admin paths about streams that scale by themselves.
type scaling struct{ *Sluice }

// Scaling implements server.Scaling.
func (s scaling) Scaling(ctx context.Context, stream string) (any, error) {
	room, err := s.room()
	if err != nil {
		return nil, err
	}
	return room.Scaling(ctx, stream)
}

// SetScaling implements server.Scaling.
func (s scaling) SetScaling(ctx context.Context, stream string, policy json.RawMessage) (any, error) {
	room, err := s.room()
	if err != nil {
		return nil, err
	}
	p, err := shards.ReadScalingPolicy(policy)
	if err == nil {
		err = room.SetScaling(ctx, stream, p)
	}
	if err != nil {
		return nil, err
	}
	return room.Scaling(ctx, stream)
}

// ClearScaling implements server.Scaling.
func (s scaling) ClearScaling(ctx context.Context, stream string) (any, error) {
	room, err := s.room()
	if err != nil {
		return nil, err
	}
	if err := room.ClearScaling(ctx, stream); err != nil {
		return nil, err
	}
	return room.Scaling(ctx, stream)
}
