package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"sluice/cmd/sluice/streams"
)

// terminal is true for a stream that a person sits at.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// consent asks before something is done that cannot be undone to anything but
// this machine. A program cannot be asked: it says --yes.
func (c *client) consent(yes bool, what string) error {
	if yes || c.endpoint.Loopback() {
		return nil
	}
	if !terminal(c.stdin) {
		return &streams.Error{Text: what + " at " + c.endpoint.String() + " needs a yes", Advice: "say --yes if that is meant"}
	}
	fmt.Fprintf(c.stderr, "%s at %s? [y/N] ", what, c.endpoint)
	answer, _ := bufio.NewReader(c.stdin).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return &streams.Error{Text: "nothing was done"}
}

// bar shows progress on a terminal, and nothing elsewhere.
type bar struct {
	shown *progressbar.ProgressBar
	clear func()
}

// progress starts a bar over bytes of input, or a counter when the size is not
// known (-1).
func (p *program) progress(what string, bytes int64) *bar {
	if !terminal(p.stderr) {
		return &bar{}
	}
	clear := func() {
		if kind, _ := p.env("TERM"); kind != "" && kind != "dumb" {
			fmt.Fprint(p.stderr, "\r\x1b[K") // with the ^C that was typed behind it
		}
	}
	return &bar{clear: clear, shown: progressbar.NewOptions64(bytes,
		progressbar.OptionSetWriter(p.stderr), progressbar.OptionSetDescription(what), progressbar.OptionShowBytes(true),
		progressbar.OptionShowCount(), progressbar.OptionSetWidth(24), progressbar.OptionThrottle(100e6),
		progressbar.OptionClearOnFinish(), progressbar.OptionSpinnerType(14), progressbar.OptionFullWidth(),
		// The bar moves with the work; the goroutine that would turn the spinner
		// looks at the bar without its lock.
		progressbar.OptionSetSpinnerChangeInterval(0))}
}

// reach moves the bar to a place, with a word about it.
func (b *bar) reach(place int64, what string) {
	if b.shown == nil {
		return
	}
	b.shown.Describe(what)
	_ = b.shown.Set64(place)
}

// done clears the line.
func (b *bar) done() {
	if b.shown != nil {
		_ = b.shown.Clear()
		b.clear()
	}
}

// size is the length of a regular file, -1 for anything else.
func size(input io.Reader) int64 {
	f, ok := input.(*os.File)
	if !ok {
		return -1
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return -1
	}
	return info.Size()
}
