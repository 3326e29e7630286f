package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// evict has the kernel forget what it holds of the files of a folder, so that
// the next reading is of the disk. Only what is on the disk can be forgotten.
func evict(folder string) error {
	return filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		file, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it was merged away meanwhile
		}
		if err != nil {
			return err
		}
		defer file.Close()
		return errors.Join(file.Sync(), unix.Fadvise(int(file.Fd()), 0, 0, unix.FADV_DONTNEED))
	})
}
