package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"sluice"
)

// maxUpload is the most that one put takes.
const maxUpload = 5 << 30

func (p *program) s3CopyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "cp FROM TO", Short: "Copy files and objects",
		Long: "Copy a file to an object, an object to a file, or an object to another. - is standard input or output.\n" +
			"Where TO ends with a slash, or is a folder, the name stays. With --recursive FROM is a folder or a\n" +
			"prefix, and all below it is copied; files are never written outside TO.",
		Example: `  sluice s3 cp orders.csv s3://landing/in/
  sluice s3 cp s3://landing/in/orders.csv .
  sluice s3 cp --recursive s3://landing/2026/ landing/
  gzip -c orders.csv | sluice s3 cp - s3://landing/in/orders.csv.gz`,
		Args: cobra.ExactArgs(2),
	}
	b := p.addBuckets(cmd)
	var recursive bool
	cmd.Flags().BoolVarP(&recursive, "recursive", "r", false, "copy all below FROM")
	cmd.RunE = b.runs(func(ctx context.Context, args []string) error {
		from, to := readLocation(args[0]), readLocation(args[1])
		if from.bucket == "" && to.bucket == "" {
			return &sluice.UsageError{Setting: "to", Source: args[1], Problem: "one of the two must be s3://BUCKET/KEY"}
		}
		if recursive {
			return b.copyAll(ctx, from, to)
		}
		return b.copyOne(ctx, from, named(from, to))
	})
	return cmd
}

// named gives a copy the name of what it is copied from, where its own place
// has none.
func named(from, to location) location {
	name := path.Base(from.key)
	if from.bucket == "" {
		name = filepath.Base(from.file)
	}
	switch {
	case to.bucket != "" && (to.key == "" || strings.HasSuffix(to.key, "/")):
		to.key += name
	case to.bucket == "" && to.file != "-":
		if info, err := os.Stat(to.file); strings.HasSuffix(to.file, "/") || err == nil && info.IsDir() {
			to.file = filepath.Join(to.file, name)
		}
	}
	return to
}

func (b *buckets) copyOne(ctx context.Context, from, to location) (err error) {
	switch {
	case from.bucket == "":
		err = b.upload(ctx, from, to)
	case to.bucket == "":
		err = b.download(ctx, from, to)
	default:
		err = b.copyObject(ctx, from, to)
	}
	if err == nil && to.file != "-" {
		b.say("%s -> %s", from, to)
	}
	return err
}

func (b *buckets) copyObject(ctx context.Context, from, to location) error {
	source := http.Header{"X-Amz-Copy-Source": {from.path()}}
	r, err := b.do(ctx, http.MethodPut, to, nil, source, nil, 0)
	if err != nil {
		var e *s3Error
		if errors.As(err, &e) && strings.HasPrefix(e.Code, "NoSuchKey") {
			e.at = from
		}
		return err
	}
	return r.Body.Close()
}

// upload puts a file. What comes from a pipe is kept in a file first, for its
// length must be known.
func (b *buckets) upload(ctx context.Context, from, to location) error {
	file, err := b.source(from.file)
	if err != nil {
		return err
	}
	defer file.Close()
	if from.file == "-" {
		defer os.Remove(file.Name())
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	switch {
	case info.IsDir():
		return &sluiceHint{fmt.Errorf("%s is a folder", from.file), "--recursive copies all in it"}
	case info.Size() > maxUpload:
		return &sluiceHint{fmt.Errorf("%s is larger than 5 GiB, which one put takes", from.file), "aws s3 cp uploads in parts"}
	}
	head := http.Header{}
	if kind := mime.TypeByExtension(path.Ext(to.key)); kind != "" {
		head.Set("Content-Type", kind)
	}
	r, err := b.do(ctx, http.MethodPut, to, url.Values{}, head, file, info.Size())
	if err != nil {
		return err
	}
	return r.Body.Close()
}

func (b *buckets) source(name string) (*os.File, error) {
	if name != "-" {
		return os.Open(name)
	}
	spool, err := os.CreateTemp("", "sluice-s3-")
	if err != nil {
		return nil, err
	}
	if _, err = io.Copy(spool, b.stdin); err == nil {
		_, err = spool.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = spool.Close()
		_ = os.Remove(spool.Name())
		return nil, fmt.Errorf("read standard input: %w", err)
	}
	return spool, nil
}

// download writes a file, whole or not at all.
func (b *buckets) download(ctx context.Context, from, to location) error {
	if to.file == "-" {
		return b.read(ctx, from, nil, b.stdout)
	}
	if err := os.MkdirAll(filepath.Dir(to.file), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(to.file), ".sluice-s3-")
	if err != nil {
		return err
	}
	err = b.read(ctx, from, nil, file)
	if err == nil {
		err = file.Chmod(0o644)
	}
	if e := file.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(file.Name(), to.file)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}

// copyAll copies all below a folder or prefix.
func (b *buckets) copyAll(ctx context.Context, from, to location) error {
	if from.bucket == "" {
		return filepath.WalkDir(from.file, func(name string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			short, err := filepath.Rel(from.file, name)
			if err != nil {
				return err
			}
			return b.copyOne(ctx, location{file: name}, below(to, filepath.ToSlash(short)))
		})
	}
	return b.list(ctx, from, "", func(page listing) error {
		for _, x := range page.Contents {
			short := strings.TrimPrefix(strings.TrimPrefix(x.Key, from.key), "/")
			if to.bucket == "" && (short == "" || strings.HasSuffix(short, "/") || !filepath.IsLocal(filepath.FromSlash(short))) {
				b.say("%s cannot be a file below %s and is left out", x.Key, to.file)
				continue
			}
			if err := b.copyOne(ctx, location{bucket: from.bucket, key: x.Key}, below(to, short)); err != nil {
				return err
			}
		}
		return nil
	})
}

func below(to location, short string) location {
	if to.bucket == "" {
		to.file = filepath.Join(to.file, filepath.FromSlash(short))
		return to
	}
	if to.key != "" && !strings.HasSuffix(to.key, "/") {
		to.key += "/"
	}
	to.key += short
	return to
}
