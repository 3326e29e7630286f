package pebblelog

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store/engine"
	"sluice/store/payload"
)

// RecordsDir is where payload files are inside the folder of the database, a
// folder for each namespace.
const RecordsDir = "records"

// kindGone is of rows about payload files: stream -> nothing; its folder is to be
// removed.
const kindGone byte = 'd'

func openFiles(e *engine.Engine, namespace string, c Coarse) *payload.Files {
	at := e.Place()
	return payload.Open(payload.Options{
		FS: at.FS, Dir: at.FS.PathJoin(at.Dir, RecordsDir, namespace), Durable: at.Synced,
		FileBytes: c.FileBytes, OpenFiles: c.OpenFiles,
	})
}

// eachNamespace calls f for the folder of payload files of each namespace.
func eachNamespace(fs vfs.FS, database string, f func(namespace, dir string) error) error {
	return engine.EachFolder(fs, fs.PathJoin(database, RecordsDir), f)
}

// Sweep removes the folders of streams that were deleted, which the last process
// may have left.
func Sweep(e *engine.Engine) error {
	at := e.Place()
	var dirs []string
	err := scanRows(e, []byte{kindGone}, func(key, _ []byte) error {
		zero := bytes.IndexByte(key, 0)
		if zero < 1 || len(key) != zero+1+8 {
			return errRow
		}
		namespace, stream := string(key[1:zero]), binary.BigEndian.Uint64(key[zero+1:])
		dirs = append(dirs, payload.Dir(at.FS, at.FS.PathJoin(at.Dir, RecordsDir, namespace), stream))
		return nil
	})
	if err != nil || len(dirs) == 0 {
		return err
	}
	for _, dir := range dirs {
		if err := at.FS.RemoveAll(dir); err != nil && !oserror.IsNotExist(err) {
			return fmt.Errorf("remove what is left of a deleted stream: %w", err)
		}
	}
	b, err := e.NewBatch(64)
	if err != nil {
		return err
	}
	if err := b.DeleteRange([]byte{kindGone}, []byte{kindGone + 1}, nil); err != nil {
		return err
	}
	return b.Submit(func(error) {}).Wait()
}

// SweepUnknown removes the folders of streams that do not exist: a power failure
// may have taken a stream and left its folder.
func SweepUnknown(e *engine.Engine) error {
	streams := map[string]bool{} // by what follows the kind in their keys
	err := scanRows(e, []byte{kindLog}, func(key, _ []byte) error {
		if len(key) < 1+4 {
			return errRow
		}
		streams[string(key[1:len(key)-4])] = true
		return nil
	})
	if err != nil {
		return err
	}
	at := e.Place()
	return eachNamespace(at.FS, at.Dir, func(namespace, dir string) error {
		return payload.Each(at.FS, dir, func(stream, _ uint64, path string) error {
			if streams[string(keys{namespace: namespace}.stream(kindLog, stream)[1:])] {
				return nil
			}
			return at.FS.Remove(path)
		})
	})
}

// LinkRecords gives the folder of another database, which nobody writes to, the
// payload files of this one that takes says; a nil one takes all. When sync is
// set they are made durable before.
func LinkRecords(fs vfs.FS, from, to string, sync bool, takes func(namespace string, stream, file uint64) bool) error {
	return eachNamespace(fs, from, func(namespace, dir string) error {
		target := fs.PathJoin(to, RecordsDir, namespace)
		if err := fs.MkdirAll(target, 0o755); err != nil {
			return err
		}
		take := func(stream, file uint64) bool { return takes == nil || takes(namespace, stream, file) }
		if err := payload.LinkAll(fs, dir, target, sync, take); err != nil {
			return err
		}
		for _, dir := range []string{fs.PathJoin(to, RecordsDir), to} {
			if err := engine.SyncDir(fs, dir); err != nil {
				return err
			}
		}
		return nil
	})
}

// RecordBytes adds up the payload files of a database.
func RecordBytes(fs vfs.FS, database string) (total int64, err error) {
	err = eachNamespace(fs, database, func(_, dir string) error {
		return payload.Each(fs, dir, func(_, _ uint64, path string) error {
			info, err := fs.Stat(path)
			if err == nil {
				total += info.Size()
			}
			return err
		})
	})
	return total, err
}

// HoldFiles keeps every payload file until release is called, for a copy of the
// rows and then of the files.
func (l *Log) HoldFiles() (release func() error) { return l.files.Hold() }

// CutFiles ends the newest payload files and tells which there are.
func (l *Log) CutFiles() (takes func(stream, file uint64) bool) { return l.files.Cut() }

// dropFiles removes the payload files of buckets below a limit, whose rows were
// removed.
func (l *Log) dropFiles(st *stream, limit uint32) error {
	old, err := st.folder(l).Old(limit)
	if err != nil || !old {
		return err
	}
	if err := l.engine.Harden(); err != nil {
		return err
	}
	return st.folder(l).Trim(limit)
}
