package sluice

import (
	"context"

	"sluice/companions/s3"
	"sluice/internal/caller"
	"sluice/server"
)

const s3ID = "s3"

// openS3 opens the bucket store, a site of the door: any path can be a bucket.
func (s *Sluice) openS3(ctx context.Context, inst *instance) error {
	bodies, err := inst.store.Bodies(s3ID)
	if err != nil {
		return err
	}
	buckets, err := s3.Open(ctx, s3.Config{
		Space: inst.store.Space(s3ID), Bodies: bodies,
		Clock: s.clock, Host: s.host, Dice: s.dice, Logger: s.log, Guarded: s.keys != nil,
	})
	if err != nil {
		return err
	}
	inst.buckets.Store(buckets)
	inst.onClose("the buckets", buckets.Close)
	inst.resets[s3ID] = buckets.Reset
	inst.mounts.HandleSite(server.Site{
		Service: s3ID, Claims: buckets.Claims, Operation: buckets.Operation, Address: buckets.Address,
		Handler: buckets, Fail: buckets.Fail, Busy: server.Busy{Status: 503, Code: "SlowDown", Message: "Please reduce your request rate."}, Coverage: s3.AllCoverage(),
	})
	return nil
}

// CreateBucket makes a bucket of this instance's account, for tests that begin
// with one. A bucket that is there already is an error of the service.
func (s *Sluice) CreateBucket(ctx context.Context, name string) error {
	inst := s.current.Load()
	if inst == nil || inst.buckets.Load() == nil {
		return errNoInstance
	}
	who := caller.Caller{Account: s.config.Account, Region: s.config.Region}
	return inst.buckets.Load().CreateBucket(caller.With(ctx, who), name)
}
