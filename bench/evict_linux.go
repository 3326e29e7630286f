//go:build amd64 || arm64

package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// dontNeed is POSIX_FADV_DONTNEED.
const dontNeed = 4

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
		if err := file.Sync(); err != nil {
			return err
		}
		if _, _, failed := syscall.Syscall6(syscall.SYS_FADVISE64, file.Fd(), 0, 0, dontNeed, 0, 0); failed != 0 {
			return failed
		}
		return nil
	})
}
