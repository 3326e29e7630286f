package pebblelog

import (
	"encoding/binary"

	"sluice/store/engine"
	"sluice/store/payload"
)

// RecordsDir is where payload files are inside the folder of the database, a
// folder for each namespace.
const RecordsDir = "records"

// kindFile are the rows of payload files: stream, file -> all of the first so
// many bytes is on the disk.
const kindFile byte = 'p'

// fileVersion is the version of a file's row: version, bytes (uvarint).
const fileVersion = 1

func (k keys) file(stream, file uint64) []byte {
	return binary.BigEndian.AppendUint64(k.stream(kindFile, stream), file)
}

func openFiles(e *engine.Engine, namespace string, c Coarse, synced func(stream, file uint64, size int64)) *payload.Files {
	at := e.Place()
	return payload.Open(payload.Options{
		FS: at.FS, Dir: at.FS.PathJoin(at.Dir, RecordsDir, namespace), Durable: at.Synced,
		FileBytes: c.FileBytes, OpenFiles: c.OpenFiles, Synced: synced,
	})
}

// fileSynced notes that a file is on the disk and takes no more, so that it
// needs no look after a power failure. Nobody has to wait for that.
func (l *Log) fileSynced(stream, file uint64, size int64) {
	b, err := l.engine.NewBatch(64)
	if err != nil {
		return
	}
	b.Records = true
	value := binary.AppendUvarint([]byte{fileVersion}, uint64(size))
	if b.Set(l.keys.file(stream, file), value, nil) == nil {
		b.Submit(func(error) {})
	}
}
