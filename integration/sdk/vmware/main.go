// Command vmware is one worker of vmware-go-kcl-v2, a consumer library in Go. It says on stdout what happens to it, as the
// programs of the Java library do, and ends in an orderly way when its stdin does. The module is its own, so that an old
// SDK stays out of Sluice's.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/vmware/vmware-go-kcl-v2/clientlibrary/config"
	"github.com/vmware/vmware-go-kcl-v2/clientlibrary/interfaces"
	"github.com/vmware/vmware-go-kcl-v2/clientlibrary/worker"
)

// shardSync is how often a worker looks for a lease, of which it takes one at a time; by default that is a minute, and a
// worker alone takes four to have four shards.
const shardSync = 2000

// main takes the stream, the application, the worker, and "polling" or "fan-out".
func main() {
	stream, application, name, mode := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	endpoint := os.Getenv("AWS_ENDPOINT_URL")
	keys := credentials.NewStaticCredentialsProvider("test", "test", "")
	settings := config.NewKinesisClientLibConfigWithCredential(application, stream, "us-east-1", name, &keys).
		WithKinesisEndpoint(endpoint).WithDynamoDBEndpoint(endpoint).
		WithInitialPositionInStream(config.TRIM_HORIZON).
		WithShardSyncIntervalMillis(shardSync).
		WithEnhancedFanOutConsumer(mode == "fan-out")
	out := &out{}
	w := worker.NewWorker(factory{out}, settings)
	if err := w.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	w.Shutdown()
	out.say("stopped")
}

type out struct{ mu sync.Mutex }

func (o *out) say(words ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	fmt.Println(strings.Join(words, " "))
}

type factory struct{ *out }

// CreateProcessor makes the processor of a shard.
func (f factory) CreateProcessor() interfaces.IRecordProcessor { return &processor{out: f.out} }

// processor says which records came; a checkpoint follows each call.
type processor struct {
	*out
	shard string
}

// Initialize is called first.
func (p *processor) Initialize(in *interfaces.InitializationInput) {
	p.shard = in.ShardId
	p.say("start", p.shard)
}

// ProcessRecords is called with records.
func (p *processor) ProcessRecords(in *interfaces.ProcessRecordsInput) {
	if len(in.Records) == 0 {
		return
	}
	texts := make([]string, len(in.Records))
	for i, r := range in.Records {
		texts[i] = string(r.Data)
	}
	p.say("records", p.shard, strings.Join(texts, ","))
	if err := in.Checkpointer.Checkpoint(in.Records[len(in.Records)-1].SequenceNumber); err != nil {
		p.say("late", p.shard, err.Error())
	}
}

// Shutdown is called last.
func (p *processor) Shutdown(in *interfaces.ShutdownInput) {
	if in.ShutdownReason == interfaces.TERMINATE {
		if err := in.Checkpointer.Checkpoint(nil); err != nil {
			p.say("late", p.shard, err.Error())
			return
		}
		p.say("end", p.shard)
		return
	}
	p.say("lost", p.shard)
}
