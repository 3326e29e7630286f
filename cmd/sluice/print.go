package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/itchyny/gojq"
	"github.com/spf13/cobra"

	"sluice/cmd/sluice/streams"
)

// formats are the ways to print a record.
const formatNames = "text, wide, hex, json or raw"

// printing is what the flags say about how to print records.
type printing struct {
	format, filter string
}

func (o *printing) flags(cmd *cobra.Command, format string) {
	cmd.Flags().StringVar(&o.format, "format", format, "how to print a record: "+formatNames)
	cmd.Flags().StringVar(&o.filter, "jq", "", "print what a jq expression makes of each record; .data is its JSON, or its text")
	cmd.MarkFlagsMutuallyExclusive("format", "jq")
	cmd.MarkFlagsMutuallyExclusive("format", "json")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "wide", "hex", "json", "raw"}, cobra.ShellCompDirectiveNoFileComp))
}

// printer prints records one by one.
type printer struct {
	out    *bufio.Writer
	format string
	filter *gojq.Code
	asJSON bool
}

func (c *client) printer(o printing) (*printer, error) {
	p := &printer{out: bufio.NewWriter(c.stdout), format: o.format, asJSON: c.asJSON}
	if c.asJSON {
		p.format = "json"
	}
	if !slices.Contains([]string{"text", "wide", "hex", "json", "raw"}, p.format) {
		return nil, misuse("format", fmt.Errorf("%q is none of %s", p.format, formatNames))
	}
	if o.filter == "" {
		return p, nil
	}
	var err error
	p.filter, err = compile(o.filter)
	return p, err
}

// compile prepares a jq expression. It sees the record only: no files, no
// environment.
func compile(expression string) (*gojq.Code, error) {
	query, err := gojq.Parse(expression)
	if err != nil {
		return nil, misuse("jq", err)
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, misuse("jq", err)
	}
	return code, nil
}

// print writes a record.
func (p *printer) print(ctx context.Context, r streams.Record) error {
	if p.filter != nil {
		return p.filtered(ctx, r)
	}
	switch p.format {
	case "json":
		return encode(p.out, r)
	case "raw":
		_, err := p.out.Write(r.Data)
		return err
	case "hex":
		_, err := fmt.Fprintf(p.out, "%s %s %s, %d bytes\n%s", r.ShardID, r.SequenceNumber, safe([]byte(r.PartitionKey)), len(r.Data), hex.Dump(r.Data))
		return err
	case "wide":
		_, err := fmt.Fprintf(p.out, "%s  %s  %-16s  %s\n", r.Arrival.Format("2006-01-02T15:04:05.000Z07:00"), r.ShardID, safe([]byte(r.PartitionKey)), safe(r.Data))
		return err
	}
	_, err := fmt.Fprintln(p.out, safe(r.Data))
	return err
}

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// safe is data as one line that does nothing to a terminal. Nothing is lost of
// UTF-8 without control characters; --format raw loses nothing at all.
func safe(data []byte) string {
	if utf8.Valid(data) && !strings.ContainsFunc(string(data), control) {
		return string(data)
	}
	var b strings.Builder
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, data[0])
		case control(r):
			b.WriteString(strings.Trim(fmt.Sprintf("%q", r), "'"))
		default:
			b.WriteRune(r)
		}
		data = data[n:]
	}
	return b.String()
}

func control(r rune) bool { return unicode.IsControl(r) && r != '\t' }

// filtered prints every result of the jq expression: text bare, as jq -r does,
// unless JSON was asked for.
func (p *printer) filtered(ctx context.Context, r streams.Record) error {
	results := p.filter.RunWithContext(ctx, value(r))
	for {
		v, ok := results.Next()
		if !ok {
			return nil
		}
		if err, bad := v.(error); bad {
			var halt *gojq.HaltError
			if errors.As(err, &halt) && halt.Value() == nil {
				return streams.ErrEnough
			}
			return fmt.Errorf("jq: %s: %w", r.SequenceNumber, err)
		}
		if text, isText := v.(string); isText && !p.asJSON {
			if _, err := fmt.Fprintln(p.out, safe([]byte(text))); err != nil {
				return err
			}
			continue
		}
		raw, err := gojq.Marshal(v)
		if err != nil {
			return err
		}
		if _, err := p.out.Write(append(raw, '\n')); err != nil {
			return err
		}
	}
}

// value is a record as a jq expression sees it.
func value(r streams.Record) map[string]any {
	v := map[string]any{"shardId": r.ShardID, "sequenceNumber": r.SequenceNumber, "partitionKey": r.PartitionKey,
		"arrival": r.Arrival.Format(time.RFC3339Nano), "data": content(r.Data)}
	if r.SubSequenceNumber != nil {
		v["subSequenceNumber"] = *r.SubSequenceNumber
	}
	if r.ExplicitHashKey != "" {
		v["explicitHashKey"] = r.ExplicitHashKey
	}
	return v
}

// content is what data holds: JSON, else text, else bytes, which are shown in
// base64.
func content(data []byte) any {
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.UseNumber() // large numbers stay what they are
	var v any
	if d.Decode(&v) == nil && !d.More() {
		return v
	}
	if utf8.Valid(data) {
		return string(data)
	}
	return base64.StdEncoding.EncodeToString(data)
}
