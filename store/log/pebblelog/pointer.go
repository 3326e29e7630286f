package pebblelog

import (
	"errors"
	"fmt"

	"sluice/store/engine"
	"sluice/store/payload"
)

// A block that is in a payload file has a row with
//
//	version  1 byte, blockInFile
//	place    file u64, offset u32, length u32
//	sum      u32, CRC-32C of the block
//
// The block there is of one of the versions that have their records in them.
const blockInFile = 3

// pointerBytes is the size of such a row's value.
const pointerBytes = 1 + payload.RefBytes

func putPointer(b []byte, ref payload.Ref) {
	b[0] = blockInFile
	ref.Append(b[:1])
}

// isPointer tells whether the block of a row is in a payload file.
func isPointer(value []byte) bool { return len(value) > 0 && value[0] == blockInFile }

// refOf reads where a block is.
func refOf(value []byte) (payload.Ref, error) {
	if !isPointer(value) {
		return payload.Ref{}, errBlock
	}
	ref, ok := payload.ParseRef(value[1:])
	if !ok {
		return ref, fmt.Errorf("%w: its pointer has %d bytes", errBlock, len(value))
	}
	return ref, nil
}

// readTries is how often a read begins anew that has met a row whose file was
// trimmed in the meantime.
const readTries = 4

// retryGone runs a read again when a file was gone. The rows are gone too then,
// unless the file was lost: that is damage, which the last try finds.
func retryGone(read func(last bool) error) (err error) {
	for n := 1; n <= readTries; n++ {
		if err = read(n == readTries); !errors.Is(err, payload.ErrGone) {
			break
		}
	}
	return err
}

// blockOf returns the block of a row, in memory of its own if it is in a payload
// file. When sure is set, a missing file is damage.
func (l *Log) blockOf(stream uint64, value []byte, sure bool) ([]byte, error) {
	if !isPointer(value) {
		return value, nil
	}
	ref, err := refOf(value)
	if err != nil {
		return nil, err
	}
	b := make([]byte, ref.Length)
	err = l.files.ReadAt(stream, ref, b)
	if sure && errors.Is(err, payload.ErrGone) {
		err = fmt.Errorf("%w: %w", engine.ErrDamaged, err)
	}
	return b, err
}
