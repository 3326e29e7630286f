package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/itchyny/gojq"
	"github.com/spf13/cobra"

	"sluice/cmd/sluice/streams"
	"sluice/internal/clock"
	"sluice/internal/dice"
)

// putCommand writes records from arguments or standard input.
func (p *program) putCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "put STREAM [DATA...]", Short: "Put records from arguments or standard input", GroupID: groupStreams,
		Long: "Put records: the arguments, or the lines of standard input. With --input json each line is an object with\n" +
			"\"data\" (base64), \"text\" or \"json\", and optionally \"partitionKey\" and \"explicitHashKey\".\n\n" +
			"What the service refuses for its rate is sent again, before anything later, until it is taken.",
		Example: `  sluice put orders '{"customer":"c-7","total":12}' --key c-7
  printf 'one\ntwo\n' | sluice put orders
  printf 'c-7\tthree\n' | sluice put orders --key-separator '\t'
  echo '{"customer":"c-8","total":3}' | sluice put orders --key-jq .customer
  echo '{"partitionKey":"c-9","json":{"total":1}}' | sluice put orders --input json
  seq 1000 | sluice put clicks --key k --aggregate`,
		Args: cobra.MinimumNArgs(1),
	}
	c := p.addClient(cmd)
	o := &putOptions{}
	flags := cmd.Flags()
	flags.StringVar(&o.key, "key", "", "partition key of all records (default a random one each)")
	flags.StringVar(&o.keyFilter, "key-jq", "", "jq expression that makes the partition key from a record's JSON")
	flags.StringVar(&o.separator, "key-separator", "", `what ends the partition key at the beginning of a line; \t is a tab`)
	flags.StringVar(&o.hashKey, "hash-key", "", "explicit hash key of all records, a decimal number of 128 bits")
	flags.StringVar(&o.input, "input", "lines", "what standard input holds: lines or json")
	flags.BoolVar(&o.aggregate, "aggregate", false, "pack records together as the producer library does")
	flags.BoolVar(&o.receipts, "receipts", false, "print shard and sequence number of each record (default for arguments)")
	o.writes.flags(cmd)
	cmd.MarkFlagsMutuallyExclusive("key", "key-jq", "key-separator")
	_ = cmd.RegisterFlagCompletionFunc("input", cobra.FixedCompletions([]string{"lines", "json"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = c.runs(func(ctx context.Context, args []string) error {
		data := args[1:]
		if len(data) == 1 && data[0] == "-" {
			data = nil // standard input, as everywhere
		}
		if err := o.check(data); err != nil {
			return err
		}
		return c.put(ctx, args[0], data, o)
	})
	return cmd
}

type putOptions struct {
	writes
	key, keyFilter, separator, hashKey, input string
	aggregate, receipts                       bool

	filter *gojq.Code
	dice   *dice.Dice
}

func (o *putOptions) check(data []string) (err error) {
	o.separator = strings.ReplaceAll(o.separator, `\t`, "\t")
	o.dice = dice.System()
	o.receipts = o.receipts || len(data) > 0
	switch {
	case o.input != "lines" && o.input != "json":
		return misuse("input", fmt.Errorf("%q is neither lines nor json", o.input))
	case o.aggregate && o.ordered:
		return misuse("aggregate", errors.New("it cannot go with --ordered: an aggregate holds many records of a key"))
	case o.keyFilter != "":
		o.filter, err = compile(o.keyFilter)
	}
	return err
}

func (c *client) put(ctx context.Context, stream string, data []string, o *putOptions) error {
	input := c.stdin
	if len(data) > 0 {
		input = strings.NewReader("")
	} else if terminal(c.stdin) {
		c.say("one record a line; ctrl-D ends")
	}
	w := c.writer(stream, &o.writes, c.progress("put", size(input)))
	if o.receipts {
		tally := w.Accepted
		w.Accepted = func(r streams.Receipt) error { return errors.Join(tally(r), c.receipt(r)) }
	}
	source := func(ctx context.Context, out chan<- streams.Entry) error { return o.read(ctx, data, input, out) }
	if o.aggregate {
		plain := source
		shards, err := streams.Shards(ctx, c.api, stream)
		if err != nil {
			return err
		}
		packer, err := streams.NewPacker(shards, clock.Host(), packLinger)
		if err != nil {
			return err
		}
		source = func(ctx context.Context, out chan<- streams.Entry) error { return packer.Pack(ctx, plain, out) }
	}
	settled := int64(0)
	w.Settled = func(end int64) error { settled = end; return nil }
	if err := w.run(ctx, source); err != nil {
		if w.tally.Records > 0 || interrupted(ctx, err) {
			c.say("taken before that: %s", count(int64(w.tally.Records), "record"))
		}
		if settled > 0 && !o.aggregate {
			c.say("of the input the first %d bytes are settled; `tail -c +%d` of it is what is left", settled, settled+1)
		}
		return err
	}
	if o.receipts {
		return nil
	}
	return c.report(w.tally, stream)
}

func (c *client) receipt(r streams.Receipt) error {
	if c.asJSON {
		return c.object(map[string]any{"shardId": r.ShardID, "sequenceNumber": r.SequenceNumber, "partitionKey": r.Entry.PartitionKey})
	}
	_, err := fmt.Fprintf(c.stdout, "%s  %s\n", r.ShardID, r.SequenceNumber)
	return err
}

// read makes entries of the arguments, or of the lines of the input.
func (o *putOptions) read(ctx context.Context, data []string, input io.Reader, out chan<- streams.Entry) error {
	for i, text := range data {
		e, err := o.entry(ctx, streams.Line{Text: []byte(text), Number: int64(i + 1)})
		if err != nil {
			return fmt.Errorf("argument %d: %w", i+1, err)
		}
		e.Line = 0 // an argument is not a line
		if err := send(ctx, out, e); err != nil {
			return err
		}
	}
	return streams.Lines(input, 0, 0, func(l streams.Line) error {
		if o.input == "json" && len(bytes.TrimSpace(l.Text)) == 0 {
			return nil
		}
		e, err := o.entry(ctx, l)
		if err != nil {
			return fmt.Errorf("line %d: %w", l.Number, err)
		}
		return send(ctx, out, e)
	})
}

func (o *putOptions) entry(ctx context.Context, l streams.Line) (streams.Entry, error) {
	e := streams.Entry{PartitionKey: o.key, ExplicitHashKey: o.hashKey, Line: l.Number, Start: l.Start, End: l.End}
	text := l.Text
	switch {
	case o.input == "json":
		r, err := streams.ParseRecord(text)
		if err != nil {
			return e, err
		}
		e.Data = r.Data
		if r.PartitionKey != "" {
			e.PartitionKey = r.PartitionKey
		}
		if r.ExplicitHashKey != "" {
			e.ExplicitHashKey = r.ExplicitHashKey
		}
	case o.separator != "":
		key, rest, ok := bytes.Cut(text, []byte(o.separator))
		if !ok {
			return e, fmt.Errorf("there is no %q to end the key", o.separator)
		}
		e.PartitionKey, e.Data = string(key), bytes.Clone(rest)
	default:
		e.Data = bytes.Clone(text)
	}
	if o.filter != nil {
		key, err := keyOf(ctx, o.filter, e.Data)
		if err != nil {
			return e, err
		}
		e.PartitionKey = key
	}
	if e.PartitionKey == "" {
		e.PartitionKey = o.dice.UUID().String()
	}
	return e, nil
}

// keyOf is the first result of a jq expression over a record's JSON.
func keyOf(ctx context.Context, filter *gojq.Code, data []byte) (string, error) {
	result, ok := filter.RunWithContext(ctx, content(data)).Next()
	if err, bad := result.(error); bad {
		return "", fmt.Errorf("--key-jq: %w", err)
	}
	if !ok || result == nil {
		return "", errors.New("--key-jq finds no key in it")
	}
	if text, isText := result.(string); isText {
		return text, nil
	}
	raw, err := gojq.Marshal(result)
	return string(raw), err
}
