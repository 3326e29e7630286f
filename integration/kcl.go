package integration

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/internal/aggregate"
)

// Application is an application of a consumer library while its story is told: what its workers said.
type Application struct {
	server         *Server
	client, stream string
	version, mode  string
	records        int

	mu      sync.Mutex
	seen    []int               // how often each record was processed
	missing int                 // records not seen yet
	ended   map[string]bool     // shards
	starts  map[string][]string // worker -> shards
	odd     []string            // what should not have been said
	changed chan struct{}
	workers map[string]*Worker
}

// NewApplication makes the stream's story of some records; mode is what the program calls its way of reading.
func NewApplication(server *Server, client, version, mode, stream string, records int) *Application {
	return &Application{server: server, client: client, version: version, mode: mode, stream: stream, records: records,
		seen: make([]int, records), missing: records, ended: map[string]bool{}, starts: map[string][]string{},
		changed: make(chan struct{}, 1), workers: map[string]*Worker{}}
}

// Worker is a process of an application.
type Worker struct {
	name    string
	process *exec.Cmd
	stdin   io.WriteCloser
	log     talk
	done    chan struct{} // closed when it has ended and all it said was taken
	err     error         // of its end, once done is closed
	stopped bool          // somebody wants it to end; guarded by the application's mu
}

// end tells how a worker has ended that should not have, and the last it said.
func (w *Worker) end() error {
	return fmt.Errorf("worker %s ended by itself: %w\n%s", w.name, cmp.Or(w.err, errors.New("without an error")), &w.log)
}

// Start starts a worker: its clients learn their endpoint from AWS_ENDPOINT_URL alone.
func (a *Application) Start(ctx context.Context, name string) error {
	command, err := a.server.Program(ctx, a.client, a.version, "", "AWS_ENDPOINT_URL="+a.server.URL)
	if err != nil {
		return err
	}
	command.Env = slices.DeleteFunc(command.Env, func(v string) bool {
		return strings.HasPrefix(v, "AWS_ENDPOINT_URL_") || strings.HasPrefix(v, "AWS_CA_BUNDLE=")
	})
	command.Args = append(command.Args, a.stream, a.stream, name, a.mode)
	w := &Worker{name: name, process: command, done: make(chan struct{})}
	command.Stderr = &w.log
	if w.stdin, err = command.StdinPipe(); err != nil {
		return err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	a.mu.Lock()
	a.workers[name] = w
	a.mu.Unlock()
	go func() {
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			a.take(name, lines.Text())
		}
		_, _ = io.Copy(io.Discard, out) // of a line that is too long
		w.err = command.Wait()
		close(w.done)
		a.tell()
	}()
	return nil
}

// tell wakes who waits for something to be said.
func (a *Application) tell() {
	select {
	case a.changed <- struct{}{}:
	default:
	}
}

// fallen is a worker that has ended by itself, if there is one. The caller holds mu.
func (a *Application) fallen() error {
	for _, w := range a.workers {
		select {
		case <-w.done:
			if !w.stopped {
				return w.end()
			}
		default:
		}
	}
	return nil
}

// take notes one line of a worker.
func (a *Application) take(worker, line string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	words := strings.Fields(line)
	if len(words) == 0 {
		return
	}
	switch words[0] {
	case "start":
		a.starts[worker] = append(a.starts[worker], words[1])
	case "end":
		a.ended[words[1]] = true
	case "records":
		for text := range strings.SplitSeq(words[2], ",") {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 || n >= a.records {
				a.odd = append(a.odd, fmt.Sprintf("%s: record %.40q", worker, text))
				continue
			}
			if a.seen[n]++; a.seen[n] == 1 {
				a.missing--
			}
		}
	case "lost", "leave", "late", "stopped":
	default:
		a.odd = append(a.odd, worker+": "+line)
	}
	a.tell()
}

// Await waits until something holds of what was said. It gives up when a worker ends that should not.
func (a *Application) Await(ctx context.Context, what string, holds func() bool) error {
	for {
		a.mu.Lock()
		ok, state, fallen := holds(), fmt.Sprintf("%d of %d records are missing, ended %v, starts %v, odd %v", a.missing, a.records, a.ended, a.starts, a.odd), a.fallen()
		a.mu.Unlock()
		if ok {
			return nil
		}
		if fallen != nil {
			return fmt.Errorf("waiting until %s: %s: %w", what, state, fallen)
		}
		select {
		case <-a.changed:
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("waiting until %s: %s%s", what, state, a.tails())
		}
	}
}

// tails are the last that the workers have logged.
func (a *Application) tails() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all strings.Builder
	for name, w := range a.workers {
		fmt.Fprintf(&all, "\nworker %s: …%s", name, &w.log)
	}
	return all.String()
}

// AwaitFounded waits until the first worker has founded the application: two that begin in the same instant race for
// that, with AWS as here, and the one that loses gives up. A worker of version 3 has written down then which version the
// application is of; one of vmware's library has made the table.
func (a *Application) AwaitFounded(ctx context.Context) error {
	client := a.dynamo()
	for {
		if a.client == "vmware" {
			if _, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &a.stream}); err == nil {
				return nil
			}
		}
		out, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &a.stream, ConsistentRead: aws.Bool(true),
			Key: map[string]dynamotypes.AttributeValue{"leaseKey": &dynamotypes.AttributeValueMemberS{Value: "Migration3.0"}}})
		if err == nil && out.Item != nil {
			return nil
		}
		table := a.stream + "-CoordinatorState" // of versions before 3.5
		out, err = client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &table, ConsistentRead: aws.Bool(true),
			Key: map[string]dynamotypes.AttributeValue{"key": &dynamotypes.AttributeValueMemberS{Value: "Migration3.0"}}})
		if err == nil && out.Item != nil {
			return nil
		}
		select {
		case <-time.After(500 * time.Millisecond):
		case <-a.workers["one"].done:
			return a.workers["one"].end()
		case <-ctx.Done():
			return fmt.Errorf("waiting for the application to be founded: %w%s", ctx.Err(), a.tails())
		}
	}
}

func (a *Application) dynamo() *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: aws.String(a.server.URL),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
}

// Kill ends a worker as kill -9 does.
func (a *Application) Kill(name string) error {
	w, err := a.stopping(name)
	if err != nil {
		return err
	}
	_ = w.process.Process.Kill()
	<-w.done
	return nil
}

// Stop ends a worker in an orderly way.
func (a *Application) Stop(name string) error {
	if a.client == "multilang" { // which reads no stdin, and whose orderly end waits in vain for shards that have ended
		return a.Kill(name)
	}
	w, err := a.stopping(name)
	if err != nil {
		return err
	}
	_ = w.stdin.Close()
	select {
	case <-w.done:
		if w.err != nil {
			return fmt.Errorf("worker %s, asked to end: %w\n%s", name, w.err, &w.log)
		}
		return nil
	case <-time.After(stopLimit):
		_ = w.process.Process.Kill()
		<-w.done
		return fmt.Errorf("worker %s did not stop within %s\n%s", name, stopLimit, &w.log)
	}
}

// stopping notes that a worker is about to end. It fails for one that has ended by itself.
func (a *Application) stopping(name string) (*Worker, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w := a.workers[name]
	w.stopped = true
	select {
	case <-w.done:
		return nil, w.end()
	default:
		return w, nil
	}
}

// Complaints are the lines of workers' logs that warn or tell of errors, without those that are expected.
func (a *Application) Complaints(expected []string) []string {
	var list []string
	for name, w := range a.workers {
		lines := strings.Split(string(w.log.bytes()), "\n")
		for i, line := range lines {
			whole := strings.Join(lines[i:min(i+2, len(lines))], "\n  ") // with the exception's first line
			switch {
			case strings.Contains(line, " ERROR "):
			case !strings.Contains(line, " WARN "), containsAny(whole, expected):
				continue
			}
			list = append(list, name+": "+whole)
		}
	}
	return list
}

func containsAny(text string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}

// AwaitBegun waits until a worker of the Java library has begun its work. One that is asked to end before that logs
// errors about what it has not begun.
func (a *Application) AwaitBegun(ctx context.Context, name string) error {
	w := a.workers[name]
	return a.Await(ctx, "worker "+name+" has begun", func() bool {
		return strings.Contains(string(w.log.bytes()), "Starting worker loop")
	})
}

// Put writes records from one number on up to another: every other hundred as aggregates of the producer library's
// form, of ten each. What the limits refuse is written again.
func (a *Application) Put(ctx context.Context, from, to int) error {
	client := a.server.SDK()
	var batch []types.PutRecordsRequestEntry
	for n := from; n < to; n++ {
		key := fmt.Sprint("key-", n/10)
		if n/100%2 == 0 {
			batch = append(batch, types.PutRecordsRequestEntry{Data: fmt.Append(nil, n), PartitionKey: aws.String(key)})
		} else {
			var b aggregate.Builder
			for ; n < to; n++ {
				b.Add(aggregate.Record{PartitionKey: key, Data: fmt.Append(nil, n)})
				if n%10 == 9 {
					break
				}
			}
			batch = append(batch, types.PutRecordsRequestEntry{Data: b.Bytes(), PartitionKey: aws.String(key)})
		}
		if len(batch) == 500 || n >= to-1 {
			if err := putAll(ctx, client, a.stream, batch); err != nil {
				return err
			}
			batch = nil
		}
	}
	return nil
}

func putAll(ctx context.Context, client *kinesis.Client, stream string, batch []types.PutRecordsRequestEntry) error {
	for len(batch) > 0 {
		out, err := client.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: &stream, Records: batch})
		if err != nil {
			return err
		}
		var again []types.PutRecordsRequestEntry
		for i, r := range out.Records {
			if r.ErrorCode != nil {
				again = append(again, batch[i])
			}
		}
		if batch = again; len(batch) > 0 {
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

// Lease is what a lease table says of a shard.
type Lease struct{ Shard, Owner, Checkpoint string }

// Leases reads the lease table, which the test does as any other client of DynamoDB, and who leads, where somebody does.
func (a *Application) Leases(ctx context.Context) (leases []Lease, leader string, err error) {
	pages := dynamodb.NewScanPaginator(a.dynamo(), &dynamodb.ScanInput{TableName: &a.stream, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, "", err
		}
		for _, item := range page.Items {
			key := textOf(item["leaseKey"])
			if key == "Leader" {
				leader = textOf(item["ownerName"])
			}
			if strings.HasPrefix(key, "shardId-") {
				leases = append(leases, Lease{key, textOf(item["leaseOwner"]), textOf(item["checkpoint"])})
			}
			if key = textOf(item["ShardID"]); key != "" { // as vmware's library has it
				leases = append(leases, Lease{key, textOf(item["AssignedTo"]), textOf(item["Checkpoint"])})
			}
		}
	}
	return leases, leader, nil
}

func textOf(v dynamotypes.AttributeValue) string {
	if s, ok := v.(*dynamotypes.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// Reshard splits the first shard and merges two others, or does the other half.
func (a *Application) Reshard(t testing.TB, merge bool) {
	t.Helper()
	if merge {
		Must[struct{}](t, a.server, "MergeShards", map[string]any{
			"StreamName": a.stream, "ShardToMerge": "shardId-000000000002", "AdjacentShardToMerge": "shardId-000000000003"})
	} else {
		Must[struct{}](t, a.server, "SplitShard", map[string]any{
			"StreamName": a.stream, "ShardToSplit": "shardId-000000000000", "NewStartingHashKey": "42535295865117307932921825928971026432"})
	}
	for { // slowly, as the limits of AWS are in force
		out, err := a.server.SDK().DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: &a.stream})
		if err == nil && out.StreamDescriptionSummary.StreamStatus == types.StreamStatusActive {
			return
		}
		select {
		case <-time.After(time.Second):
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		}
	}
}
