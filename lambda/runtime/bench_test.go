package runtime

import (
	"encoding/base64"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/internal/clock"
	"sluice/internal/dice"
)

// batchOf is an event of small records.
func batchOf(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"k","sequenceNumber":"4964643757710847641691687640582582713835140504464904735%d","data":%q,"approximateArrivalTimestamp":1764000000.987},"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"shardId-000000000000:1","eventName":"aws:kinesis:record","invokeIdentityArn":"arn:aws:iam::000000000000:role/r","awsRegion":"eu-west-1","eventSourceARN":"arn:aws:kinesis:eu-west-1:000000000000:stream/orders"},`,
			i, base64.StdEncoding.EncodeToString([]byte("poison")))
	}
	return `{"Records":[` + strings.TrimSuffix(b.String(), ",") + `]}`
}

// BenchmarkExec has one process of a compiled handler, made with the Go
// runtime of AWS, answer batches of ten small records.
//
//	go test ./lambda/runtime -run none -bench Exec -benchtime 2s
func BenchmarkExec(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "bootstrap")
	build := exec.Command("go", "build", "-o", binary, "../../integration/sdk/handler/go")
	out, err := build.CombinedOutput()
	require.NoError(b, err, "%s", out)
	h, err := Open(Config{Host: clock.Host(), Dice: dice.Seeded(1), AllowExec: true})
	require.NoError(b, err)
	defer func() { require.NoError(b, h.Close()) }()
	require.NoError(b, h.Register(Definition{Key: key("f"), Exec: &Exec{Command: []string{binary}, Concurrency: 1}}))
	in := invocation("f", batchOf(10))
	for b.Loop() {
		r, err := h.Invoke(b.Context(), in)
		if err != nil || r.Error != "" {
			b.Fatal(err, string(r.Payload))
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "invocations/s")
}

// BenchmarkGo has a function of this program answer.
func BenchmarkGo(b *testing.B) {
	h, err := Open(Config{Host: clock.Host(), Dice: dice.Seeded(1)})
	require.NoError(b, err)
	defer func() { require.NoError(b, h.Close()) }()
	require.NoError(b, h.Register(Definition{Key: key("f"), Go: echo}))
	in := invocation("f", batchOf(10))
	for b.Loop() {
		if _, err := h.Invoke(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
}
