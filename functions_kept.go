package sluice

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"sluice/internal/replace"
	"sluice/lambda/runtime"
)

// keptFunctions is the functions of the admin API, in a file of the data
// folder beside the store: like those of the settings they say how this server
// is set up, and are no part of snapshots. It holds the form of the settings
// file. Environments may hold secrets, so only the user may read it.
type keptFunctions struct {
	path string // empty: nothing is kept

	mu      sync.Mutex
	entries map[runtime.Key]json.RawMessage // guarded by mu
}

// keptFormat is the version of the file. It grows when a reader of an older
// one would go wrong.
const keptFormat = 1

// keptFile is the file.
type keptFile struct {
	Format    int               `json:"version"`
	Functions []json.RawMessage `json:"functions"`
}

// openKept reads what was kept and registers it. What cannot be run now, for
// want of --allow-exec, stays in the file and is told.
func (s *Sluice) openKept() error {
	s.kept = &keptFunctions{entries: map[runtime.Key]json.RawMessage{}}
	if s.config.Memory {
		return nil
	}
	s.kept.path = filepath.Join(s.config.Data, "admin-functions.json")
	raw, err := os.ReadFile(s.kept.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var file keptFile
	if err := json.Unmarshal(raw, &file); err != nil {
		return fmt.Errorf("%s: %w", s.kept.path, err)
	}
	if file.Format > keptFormat {
		return fmt.Errorf("%s was written by a newer Sluice (version %d); use that one", s.kept.path, file.Format)
	}
	for _, entry := range file.Functions {
		f, err := parseFunction(entry)
		if err != nil {
			return fmt.Errorf("%s: %w", s.kept.path, err)
		}
		f.Origin = runtime.FromAdmin
		s.kept.entries[f.Key] = entry
		if err := s.functions.Register(f); err != nil {
			s.log.Warn("a function that the admin API has defined is not there", slog.String("function", f.Name), slog.Any("error", err))
		}
	}
	return nil
}

// put keeps a function, or with a nil entry no longer.
func (k *keptFunctions) put(key runtime.Key, f *Function) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	old, had := k.entries[key]
	switch {
	case f == nil && !had:
		return nil
	case f == nil:
		delete(k.entries, key)
	default:
		entry, err := json.Marshal(entryOf(*f))
		if err != nil {
			return err
		}
		if bytes.Equal(old, entry) {
			return nil
		}
		k.entries[key] = entry
	}
	err := k.write()
	if err != nil { // who asks again must not hear that there is nothing to do
		if delete(k.entries, key); had {
			k.entries[key] = old
		}
	}
	return wrap("keep the functions of the admin API", err)
}

// write replaces the file by one that is whole. mu is held.
func (k *keptFunctions) write() error {
	if k.path == "" {
		return nil
	}
	file := keptFile{Format: keptFormat}
	for _, entry := range k.entries {
		file.Functions = append(file.Functions, entry)
	}
	slices.SortFunc(file.Functions, func(a, b json.RawMessage) int { return strings.Compare(string(a), string(b)) })
	raw, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	return replace.File(k.path, raw, 0o600)
}
