// Package replace gives small files a new content: whole or not at all, whatever
// ends the process or the machine meanwhile. It is for what lies beside the store,
// such as keys, and is written seldom.
package replace

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// Suffix ends the name of a file that is being written.
const Suffix = ".new"

// File replaces a file, or makes it. When it returns nil the content outlives a
// power failure; after an error the old content is there, or the new.
func File(path string, content []byte, mode os.FileMode) error {
	return file(system{}, path, content, mode)
}

// Folder makes a folder for such files, whose parent exists, unless it is there.
func Folder(path string, mode os.FileMode) error {
	if err := os.MkdirAll(path, mode); err != nil {
		return err
	}
	return system{}.syncDir(filepath.Dir(path))
}

// Remove removes a file, which need not exist, so that no power failure brings it
// back.
func Remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return system{}.syncDir(filepath.Dir(path))
}

// disk is what File does to one.
type disk interface {
	// write makes a file with a content, and returns once the disk has it.
	write(path string, content []byte, mode os.FileMode) error
	rename(from, to string) error
	// syncDir returns once the disk has the names in a folder.
	syncDir(dir string) error
}

// file has the disk keep the content before it gets the name: a name that was kept
// first would be that of an empty file.
func file(d disk, path string, content []byte, mode os.FileMode) error {
	if err := d.write(path+Suffix, content, mode); err != nil {
		return err
	}
	if err := d.rename(path+Suffix, path); err != nil {
		return err
	}
	return d.syncDir(filepath.Dir(path))
}

// system is the machine's disk.
type system struct{}

func (system) write(path string, content []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func (system) rename(from, to string) error { return os.Rename(from, to) }

func (system) syncDir(dir string) error {
	if runtime.GOOS == "windows" { // which keeps names by itself, and syncs no folders
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
