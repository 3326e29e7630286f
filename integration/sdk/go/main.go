// Command go runs the numbered steps of docs/clients.md with aws-sdk-go-v2, everything but endpoint, region, keys and
// trust at its default, and prints one JSON row per step. It is a module of its own so that it can be built with
// other versions of the SDK than Sluice itself uses.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// row is one line of the report.
type row struct {
	Client    string `json:"client"`
	Version   string `json:"version"`
	Transport string `json:"transport"`
	Step      string `json:"step"`
	Result    string `json:"result"`
	Count     int    `json:"count"`
}

// run is one pass through the steps, with what later steps need from earlier ones.
type run struct {
	client *kinesis.Client
	stream string
	arn    string
	sent   map[int]put

	home        string // shard of record 0
	tailRecords []types.Record
	openShard   types.Shard
	consumerARN string
}

// put is where a record went.
type put struct{ shard, number string }

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	r := &run{client: kinesis.NewFromConfig(cfg), stream: os.Getenv("SLUICE_STREAM"), sent: map[int]put{}}
	if !r.steps(ctx) {
		os.Exit(1)
	}
}

func (r *run) steps(ctx context.Context) bool {
	fine := true
	for _, step := range []struct {
		number string
		do     func(context.Context) (int, error)
	}{
		{"1", r.create},
		{"2", r.put},
		{"3.1", r.readTrimHorizon},
		{"3.2", r.readLatest},
		{"3.3", r.readAtNumber},
		{"3.4", r.readAfterNumber},
		{"3.5", r.readTimestamp},
		{"4", r.reshard},
		{"5.1", r.consumer},
		{"5.2", r.subscribe},
		{"6.1", r.tags},
		{"6.2", r.policy},
		{"6.3", r.encryption},
		{"7", r.errors},
		{"8", r.delete},
	} {
		line := row{"go", version(), os.Getenv("SLUICE_TRANSPORT"), step.number, "ok", 0}
		count, err := step.do(ctx)
		if err != nil {
			line.Result, count, fine = "failed: "+err.Error(), 0, false
		}
		line.Count = count
		_ = json.NewEncoder(os.Stdout).Encode(line)
	}
	return fine
}

// version is the version of the Kinesis client that was built in.
func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/aws/aws-sdk-go-v2/service/kinesis" {
			return module.Version
		}
	}
	return ""
}
