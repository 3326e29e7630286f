package streams

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"sluice/internal/clock"
)

// keepEvery is how often a journal is written, and how long what was settled may
// wait for that. What a killed process took in between is sent again.
const keepEvery = 100 * time.Millisecond

// Journal remembers how far a file has been loaded, in a small file beside it.
type Journal struct {
	Path  string
	Clock clock.Clock

	mu    sync.Mutex
	state journalState
	kept  time.Time
	dirty bool
	timer clock.Timer // writes what waits; nil when nothing does
	err   error       // of the timer's writing
}

// journalState is the content of the file.
type journalState struct {
	Version  int    `json:"version"`
	Endpoint string `json:"endpoint"`
	Stream   string `json:"stream"`
	// Head is a digest of the input's first bytes, so that another file under
	// the same name is noticed.
	Head string `json:"head"`
	// Offset and Records are what is done.
	Offset  int64 `json:"offset"`
	Records int64 `json:"records"`
}

// headBytes is how much of the input Head covers.
const headBytes = 4096

// Target is what a load goes to.
type Target struct {
	Endpoint, Stream string
}

// Open reads the journal of an interrupted load, when there is one, and says
// how far that got. The input is left at its beginning.
func (j *Journal) Open(input io.ReadSeeker, to Target) (offset, records int64, found bool, err error) {
	head := make([]byte, headBytes)
	n, err := io.ReadFull(input, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, 0, false, err
	}
	if _, err := input.Seek(0, io.SeekStart); err != nil {
		return 0, 0, false, err
	}
	sum := sha256.Sum256(head[:n])
	fresh := journalState{Version: 1, Endpoint: to.Endpoint, Stream: to.Stream, Head: hex.EncodeToString(sum[:])}
	j.state = fresh
	raw, err := os.ReadFile(j.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, 0, false, nil
	}
	if err != nil {
		return 0, 0, false, err
	}
	var old journalState
	if json.Unmarshal(raw, &old) != nil || old.Version != 1 {
		return 0, 0, false, fmt.Errorf("%s is not the journal of a load", j.Path)
	}
	same := old
	same.Offset, same.Records = 0, 0
	if same != fresh {
		return 0, 0, false, &Error{Text: fmt.Sprintf("%s belongs to a load of other data, or into %s at %s", j.Path, old.Stream, old.Endpoint),
			Advice: "finish that one, or begin anew with --restart"}
	}
	j.state = old
	return old.Offset, old.Records, true, nil
}

// Restart forgets a former load.
func (j *Journal) Restart() { j.state.Offset, j.state.Records = 0, 0 }

// Settle notes that everything before offset is taken.
func (j *Journal) Settle(offset, records int64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.state.Offset, j.state.Records, j.dirty = offset, records, true
	if now := j.Clock.Now(); now.Sub(j.kept) >= keepEvery {
		j.kept = now
		return j.keepLocked()
	}
	if j.timer == nil { // the next one to settle may be an hour away
		j.timer = j.Clock.At(j.kept.Add(keepEvery), j.keepLater)
	}
	return j.err
}

// keepLater writes what was settled too soon after another.
func (j *Journal) keepLater() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.timer == nil { // it was written meanwhile
		return
	}
	j.timer, j.kept = nil, j.Clock.Now()
	j.err = j.keepLocked()
}

// Keep writes the journal, in one step.
func (j *Journal) Keep() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.keepLocked()
}

// rest leaves nothing for later.
func (j *Journal) rest() {
	if j.timer != nil {
		j.timer.Stop()
		j.timer = nil
	}
}

func (j *Journal) keepLocked() error {
	j.rest()
	if !j.dirty {
		return j.err
	}
	raw, err := json.Marshal(j.state)
	if err != nil {
		return err
	}
	next := j.Path + ".new"
	if err := os.WriteFile(next, append(raw, '\n'), 0o600); err != nil {
		return err
	}
	j.dirty = false
	return os.Rename(next, j.Path)
}

// Done removes the journal.
func (j *Journal) Done() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.rest()
	j.dirty = false
	if err := os.Remove(j.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
