package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// segment writes a name so that it stays one part of a path.
func segment(name string) string { return url.PathEscape(name) }

const snapshotSuffix = ".tar.zst"

func (s *snapshotCalls) exportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "export NAME", Short: "Write a snapshot to a file", Args: cobra.ExactArgs(1),
		Long: "Write a snapshot to a file, NAME" + snapshotSuffix + " unless --output names another. - is standard output.",
	}
	path := cmd.Flags().StringP("output", "o", "", "file to write")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return s.export(cmd.Context(), args[0], *path)
	}
	return cmd
}

// export writes beside its goal first: half a file is never taken for a whole.
func (s *snapshotCalls) export(ctx context.Context, name, path string) (err error) {
	answer, err := s.admin.open(ctx, http.MethodGet, snapshotsPath+"/"+segment(name)+"/export", nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return refusedBody(answer)
	}
	if path == "-" {
		_, err := s.copy(s.stdout, answer.Body, &bar{})
		return err
	}
	if path == "" {
		path = name + snapshotSuffix // the server has taken it for a good name
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.part")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close(), os.Remove(file.Name()))
		}
	}()
	n, err := s.copy(file, answer.Body, s.progress("export", -1))
	if err != nil {
		return fmt.Errorf("the export broke off: %w", err)
	}
	if err = errors.Join(file.Chmod(0o644), file.Sync(), file.Close()); err != nil {
		return err
	}
	if err = os.Rename(file.Name(), path); err != nil {
		return err
	}
	s.say("wrote %s, %s", path, bytesText(n))
	return nil
}

func (s *snapshotCalls) copy(to io.Writer, from io.Reader, b *bar) (int64, error) {
	defer b.done()
	return io.Copy(to, &watched{from, b, 0})
}

// watched shows on a bar what is read.
type watched struct {
	io.Reader
	bar  *bar
	read int64
}

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.read += int64(n)
	if n > 0 {
		w.bar.reach(w.read, "")
	}
	return n, err
}

func (s *snapshotCalls) importCommand() *cobra.Command {
	return &cobra.Command{
		Use: "import FILE [NAME]", Short: "Read a snapshot from a file", Args: cobra.RangeArgs(1, 2),
		Long: "Read a snapshot from a file that was exported, and keep it by a name, that of the file unless another is\n" +
			"given. - is standard input. Restoring it is another step.",
		RunE: func(cmd *cobra.Command, args []string) error { return s.load(cmd.Context(), args) },
	}
}

func (s *snapshotCalls) load(ctx context.Context, args []string) error {
	input, name := s.stdin, strings.TrimSuffix(filepath.Base(args[0]), snapshotSuffix)
	if args[0] != "-" {
		file, err := os.Open(args[0])
		if err != nil {
			return err
		}
		defer file.Close()
		input = file
	}
	if len(args) > 1 {
		name = args[1]
	}
	b := s.progress("import", size(input))
	answer, err := s.admin.open(ctx, http.MethodPut, snapshotsPath+"/"+segment(name)+"/import", io.NopCloser(&watched{input, b, 0}))
	b.done()
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return err
	}
	return s.told(answer.StatusCode, raw, "imported")
}

// open sends a body as it comes and leaves the answer to be read. There is no
// bound on how long that lasts but ctx.
func (a *admin) open(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	endpoint, err := a.url()
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, endpoint+path, body)
	if err != nil {
		return nil, err
	}
	a.authorize(r)
	return a.do(r, endpoint)
}

func refusedBody(answer *http.Response) error {
	raw, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return err
	}
	return refused(answer.StatusCode, raw)
}
