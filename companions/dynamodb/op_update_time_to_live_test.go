package dynamodb

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

// TestTimeToLive lets items expire in service time, over a restart too.
func TestUpdateTimeToLive(t *testing.T) {
	w := newWorld(t)
	w.leases()
	at := func(d time.Duration) int64 { return start.Add(d).Unix() }
	put := func(key string, d time.Duration) {
		w.put("leases", fmt.Sprintf(`{"leaseKey":%q,"leaseOwner":"w","until":%d}`, key, at(d)))
	}
	put("before", time.Hour)
	ttl := func(on bool) error {
		_, err := w.room.UpdateTimeToLive(t.Context(), &dynamodb.UpdateTimeToLiveInput{TableName: aws.String("leases"),
			TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("until"), Enabled: &on}})
		return err
	}
	require.NoError(t, ttl(true))
	says(t, ttl(true), "ValidationException", "TimeToLive is already enabled")
	d, err := w.room.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: aws.String("leases")})
	require.NoError(t, err)
	require.Equal(t, types.TimeToLiveStatusEnabled, d.TimeToLiveDescription.TimeToLiveStatus)
	put("later", 3*time.Hour)
	put("soon", 2*time.Hour)
	put("moved", time.Hour)
	put("moved", 4*time.Hour)
	put("ancient", -6*365*24*time.Hour)
	w.put("leases", `{"leaseKey":"text","until":"tomorrow"}`)
	w.advance(time.Hour)
	require.Equal(t, 5, len(w.all("leases", "")))
	w.advance(time.Hour)
	require.Equal(t, "-", w.get("leases", `{"leaseKey":"soon"}`))
	require.NoError(t, w.room.Close())
	w.open(0)
	w.advance(time.Hour)
	require.Equal(t, "-", w.get("leases", `{"leaseKey":"later"}`))
	require.Len(t, w.all("leases", ""), 3, "moved, ancient and text")
	require.Len(t, w.all("leases", "LeaseOwnerToLeaseKeyIndex"), 2, "the index follows")
	require.NoError(t, ttl(false))
	require.Zero(t, w.rows(prefixExpiry))
	w.advance(10 * time.Hour)
	require.Len(t, w.all("leases", ""), 3)
}

// advance moves the clock and waits for what became due.
func (w *world) advance(d time.Duration) {
	w.t.Helper()
	report, err := w.clock.Advance(w.t.Context(), d, time.Minute)
	require.NoError(w.t, err)
	require.True(w.t, report.Settled)
}
