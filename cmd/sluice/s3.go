package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"sluice"
)

// s3Command looks into buckets.
func (p *program) s3Command() *cobra.Command {
	cmd := &cobra.Command{
		Use: "s3", Short: "Look into buckets, and copy from and to them",
		Long: "Look into buckets, and copy from and to them, here or on any S3 endpoint.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.s3ListCommand(), p.s3CatCommand(), p.s3CopyCommand())
	return cmd
}

// s3Entry is what ls shows: a bucket, an object, or a common prefix.
type s3Entry struct {
	Name     string     `json:"name"`
	Size     *int64     `json:"size,omitempty"`
	Modified *time.Time `json:"modified,omitempty"`
	ETag     string     `json:"etag,omitempty"`
}

func (p *program) s3ListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "ls [s3://BUCKET[/PREFIX]]", Short: "List buckets, or what is in one",
		Long: "List buckets, or what is in one. What shares a prefix up to the next slash is one line, unless\n" +
			"--recursive asks for all. With --json each line is an object of its own.",
		Example: `  sluice s3 ls
  sluice s3 ls s3://landing/2026/
  sluice s3 ls s3://landing --recursive --json | jq -r .name`,
		Args: cobra.MaximumNArgs(1),
	}
	b := p.addBuckets(cmd)
	var recursive bool
	cmd.Flags().BoolVarP(&recursive, "recursive", "r", false, "list all objects below the prefix")
	cmd.RunE = b.runs(func(ctx context.Context, args []string) error {
		if len(args) == 0 {
			return b.listBuckets(ctx)
		}
		at, err := bucketArgument(args[0])
		if err != nil {
			return err
		}
		return b.listObjects(ctx, at, recursive)
	})
	return cmd
}

// bucketArgument reads an argument that must name a bucket.
func bucketArgument(text string) (location, error) {
	at := readLocation(text)
	if at.bucket == "" {
		return at, &sluice.UsageError{Setting: "bucket", Source: text, Problem: "a bucket is written s3://BUCKET, an object s3://BUCKET/KEY"}
	}
	return at, nil
}

func (b *buckets) listBuckets(ctx context.Context) error {
	var all struct {
		Buckets struct {
			Bucket []struct {
				Name         string
				CreationDate time.Time
			}
		}
	}
	if err := b.document(ctx, location{}, nil, &all); err != nil {
		return err
	}
	out := b.entries()
	for _, x := range all.Buckets.Bucket {
		if err := out.add(s3Entry{Name: x.Name, Modified: &x.CreationDate}); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (b *buckets) listObjects(ctx context.Context, at location, recursive bool) error {
	delimiter := "/"
	if recursive {
		delimiter = ""
	}
	out := b.entries()
	err := b.list(ctx, at, delimiter, func(page listing) error {
		for _, x := range page.CommonPrefixes {
			if err := out.add(s3Entry{Name: x.Prefix}); err != nil {
				return err
			}
		}
		for _, x := range page.Contents {
			if err := out.add(s3Entry{Name: x.Key, Size: &x.Size, Modified: &x.LastModified, ETag: x.ETag}); err != nil {
				return err
			}
		}
		return out.Flush() // a long list shows as it comes
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// entryWriter writes entries for people or programs.
type entryWriter struct {
	*tabwriter.Writer
	b *buckets
}

func (b *buckets) entries() *entryWriter {
	return &entryWriter{tabwriter.NewWriter(b.stdout, 0, 0, 2, ' ', 0), b}
}

func (w *entryWriter) add(e s3Entry) error {
	if w.b.asJSON {
		return w.b.object(e)
	}
	when, size := "-", "-"
	if e.Modified != nil {
		when = e.Modified.UTC().Format("2006-01-02T15:04:05Z")
	}
	if e.Size != nil {
		size = fmt.Sprint(*e.Size)
	}
	_, err := fmt.Fprintf(w, "%s\t%s\t%s\n", when, size, e.Name)
	return err
}

func (p *program) s3CatCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "cat s3://BUCKET/KEY", Short: "Print an object",
		Long: "Print an object as it is kept. Compressed ones stay compressed.",
		Example: `  sluice s3 cat s3://landing/2026/11/25/orders.json
  sluice s3 cat s3://landing/2026/11/25/orders.gz | zcat | jq .
  sluice s3 cat s3://landing/orders.parquet --range 0-3`,
		Args: cobra.ExactArgs(1),
	}
	b := p.addBuckets(cmd)
	var part string
	cmd.Flags().StringVar(&part, "range", "", "bytes FROM-TO, FROM- or -LAST only")
	cmd.RunE = b.runs(func(ctx context.Context, args []string) error {
		at, err := bucketArgument(args[0])
		if err != nil {
			return err
		}
		head := http.Header{}
		if part != "" {
			head.Set("Range", "bytes="+part)
		}
		return b.read(ctx, at, head, b.stdout)
	})
	return cmd
}

// read writes an object to w.
func (b *buckets) read(ctx context.Context, at location, head http.Header, w io.Writer) error {
	if at.key == "" {
		return &sluice.UsageError{Setting: "object", Source: at.String(), Problem: "an object is written s3://BUCKET/KEY"}
	}
	r, err := b.do(ctx, http.MethodGet, at, nil, head, nil, 0)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if _, err := io.Copy(w, r.Body); err != nil {
		return fmt.Errorf("read %s: %w", at, err)
	}
	return nil
}
