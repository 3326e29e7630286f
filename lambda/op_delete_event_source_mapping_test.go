package lambda

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"
)

func TestDeleteEventSourceMapping(t *testing.T) {
	t.Run("1.3 Deleting, gone", func(t *testing.T) {
		r := open(t, lasting(time.Second))
		m := r.ingest()
		_, err := r.DeleteEventSourceMapping(r.ctx, &lambda.DeleteEventSourceMappingInput{UUID: m.UUID})
		requireError(t, err, codeInUse, "Cannot delete the event source mapping because it is in use.")
		r.clock.Step(time.Second)
		out, err := r.DeleteEventSourceMapping(r.ctx, &lambda.DeleteEventSourceMappingInput{UUID: m.UUID})
		require.NoError(t, err)
		require.Equal(t, "Deleting", *out.State)
		require.Equal(t, m.UUID, out.UUID)
		_, err = r.DeleteEventSourceMapping(r.ctx, &lambda.DeleteEventSourceMappingInput{UUID: m.UUID})
		require.Equal(t, codeInUse, codeOf(err))
		_, err = r.CreateEventSourceMapping(r.ctx, mappingOf("ingest"))
		require.Equal(t, codeConflict, codeOf(err), "its place is taken until it is gone")
		r.clock.Step(time.Second)
		require.Equal(t, codeMissing, r.state(m.UUID))
		_, err = r.DeleteEventSourceMapping(r.ctx, &lambda.DeleteEventSourceMappingInput{UUID: m.UUID})
		requireError(t, err, codeMissing, textNoResource)
		r.ingest()
	})
	t.Run("over a restart", func(t *testing.T) {
		r := open(t, lasting(time.Second))
		m := r.ingest()
		r.clock.Step(time.Second)
		_, err := r.DeleteEventSourceMapping(r.ctx, &lambda.DeleteEventSourceMappingInput{UUID: m.UUID})
		require.NoError(t, err)
		r.restart()
		require.Equal(t, "Deleting", r.state(m.UUID))
		r.clock.Step(time.Second)
		require.Equal(t, codeMissing, r.state(m.UUID))
		r.restart()
		require.Equal(t, codeMissing, r.state(m.UUID))
	})
	t.Run("at once", func(t *testing.T) {
		r := open(t)
		m := r.ingest()
		_, err := r.DeleteEventSourceMapping(r.ctx, &lambda.DeleteEventSourceMappingInput{UUID: m.UUID})
		require.NoError(t, err)
		require.Equal(t, codeMissing, r.state(m.UUID))
		from, to := rangeOf(positionPrefix)
		require.NoError(t, r.space.Scan(r.ctx, from, to, false, func(key, _ []byte) (bool, error) {
			t.Errorf("%s is still there", key)
			return true, nil
		}))
	})
}
