package streams

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// maxLine bounds a line of input: the largest record the service takes, 10 MiB,
// in base64 and JSON.
const maxLine = 16 << 20

// Line is a line of input and its place.
type Line struct {
	// Text is without the end of the line, and valid until the next one is read.
	Text []byte
	// Number counts from 1.
	Number int64
	// Start and End are the places of its first byte and of the byte behind it.
	Start, End int64
	// Whole is false for a last line without an end.
	Whole bool
}

// Lines calls each for every line, the first of which is at start.
func Lines(r io.Reader, start, number int64, each func(Line) error) error {
	in := bufio.NewReaderSize(r, 1<<16)
	var long []byte
	for {
		part, err := in.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			if len(long)+len(part) > maxLine {
				return fmt.Errorf("line %d is longer than %d MiB", number+1, maxLine>>20)
			}
			long = append(long, part...)
			continue
		}
		if err != nil && err != io.EOF {
			return err
		}
		text := part
		if len(long) > 0 {
			text = append(long, part...)
			long = long[:0]
		}
		if len(text) > 0 {
			number++
			l := Line{Number: number, Start: start, End: start + int64(len(text)), Whole: err == nil}
			start = l.End
			l.Text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
			if err := each(l); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}
