package delivery

import (
	"context"
	"fmt"
)

// Batch is the outcome of one closed buffer.
type Batch struct {
	Objects []Object
	// Commit stores how far the source has come with this batch, durably. Until
	// then the source makes the same batch again.
	Commit func(ctx context.Context) error
}

// Source makes batches, each from where the one committed last ended.
type Source interface {
	// Next returns the next batch, nil when there is nothing to deliver.
	Next(ctx context.Context) (*Batch, error)
}

// PutError says that an object of a batch could not be put.
type PutError struct {
	// Index is which of the batch it was.
	Index       int
	Bucket, Key string
	Err         error
}

// Error implements error.
func (e *PutError) Error() string { return fmt.Sprintf("put s3://%s/%s: %v", e.Bucket, e.Key, e.Err) }

// Unwrap returns what the bucket said.
func (e *PutError) Unwrap() error { return e.Err }

// Drain delivers until the source has nothing left. It returns how many
// batches were committed. An error means that the batch it came from may be
// partly there and will be made again.
func Drain(ctx context.Context, to Bucket, from Source) (done int, err error) {
	for {
		batch, err := from.Next(ctx)
		if err != nil || batch == nil {
			return done, err
		}
		for i, o := range batch.Objects {
			if err := to.PutObject(ctx, o); err != nil {
				return done, &PutError{i, o.Bucket, o.Key, err}
			}
		}
		if err := batch.Commit(ctx); err != nil {
			return done, fmt.Errorf("store the checkpoint: %w", err)
		}
		done++
	}
}
