package sluice

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"sluice/companions/s3"
	"sluice/delivery"
	"sluice/internal/caller"
)

// openChannels lets the channels of streams deliver to the bucket store. They
// end before it closes.
func (s *Sluice) openChannels(inst *instance) {
	streams := inst.streams.Load()
	streams.Deliver(s.sink(inst))
	inst.onClose("the channels", func() error {
		streams.StopDelivering()
		return nil
	})
}

// channelBuckets is the bucket store as deliveries need it.
type channelBuckets struct{ store *s3.Store }

// HeadBucket implements delivery.Bucket.
func (b channelBuckets) HeadBucket(_ context.Context, at delivery.Place) error {
	owner, err := b.store.Owner(at.Bucket)
	var refused *s3.Error
	switch {
	case errors.As(err, &refused) && refused.Code == "NoSuchBucket":
		return fmt.Errorf("%s: %w", at.Bucket, delivery.ErrNoBucket)
	case err != nil:
		return fmt.Errorf("look at bucket %s: %w", at.Bucket, err)
	case at.Owner != "" && owner != at.Owner:
		return fmt.Errorf("%s: %w", at.Bucket, delivery.ErrDenied)
	}
	return nil
}

// PutObject implements delivery.Bucket.
func (b channelBuckets) PutObject(ctx context.Context, o delivery.Object) error {
	if err := b.HeadBucket(ctx, o.Place); err != nil {
		return err
	}
	head := objectHead(o)
	ctx = caller.With(ctx, caller.Caller{Account: o.Account, Region: o.Region})
	_, err := b.store.Put(ctx, o.Bucket, o.Key, bytes.NewReader(o.Body), int64(len(o.Body)), head)
	return err
}

// objectHead is what a put says of an object.
func objectHead(o delivery.Object) http.Header {
	head := http.Header{}
	for name, value := range map[string]string{"Content-Type": o.ContentType, "Content-Encoding": o.ContentEncoding, "X-Amz-Storage-Class": o.Class} {
		if value != "" {
			head.Set(name, value)
		}
	}
	return head
}
