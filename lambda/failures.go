package lambda

import (
	"context"
	"fmt"

	"sluice/lambda/poller"
)

// Destinations delivers failure documents to queues, topics and buckets.
// Methods are called concurrently.
type Destinations interface {
	// Deliver sends a failure to its destination under a name. It reports
	// false when it knows no way there. An error means that it should be tried
	// again.
	Deliver(ctx context.Context, f poller.Failure, name string) (known bool, err error)
}

// failures is what pollers hand their failures to.
type failures struct{ r *Room }

// Deliver implements poller.Failures. Where there is no way to a destination,
// and for mappings without one, the built-in sink takes the document, so that
// none is lost without a trace.
func (f failures) Deliver(ctx context.Context, failure poller.Failure) error {
	name := f.name(failure)
	if failure.Destination != "" && f.r.config.Destinations != nil {
		known, err := f.r.config.Destinations.Deliver(ctx, failure, name)
		if err != nil {
			return fmt.Errorf("deliver to %s: %w", failure.Destination, err)
		}
		if known {
			return nil
		}
	}
	return f.r.sink.add(ctx, failure, name)
}

// name is what the service calls the object of a failure.
func (f failures) name(failure poller.Failure) string {
	at := failure.At.UTC()
	return "aws/lambda/" + failure.Mapping + "/" + failure.ShardID + at.Format("/2006/01/02/2006-01-02T15.04.05-") + f.r.config.Dice.UUID().String()
}
