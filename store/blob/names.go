package blob

import (
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Bodies lie in folders of perFolder numbers each, FOLDER/NUMBER.sums, both in
// hexadecimal digits, so that the order of the names is that of the numbers.
//
// The ending says that checksums follow the body. They are written last, and a
// power failure may take just them, at the border of a page, together with other
// pages: such a file must not pass for one of a version that knew of no
// checksums. Those are called NUMBER, and may have some or not.
const sumsEnding = ".sums"

// numberOf reads the name of a body or a folder.
func numberOf(name string) (ID, bool) {
	n, err := strconv.ParseUint(strings.TrimSuffix(name, sumsEnding), 16, 64)
	return ID(n), err == nil
}

// FileOf is where a body is below the folder of its store.
func FileOf(fs vfs.FS, id ID) string { return fs.PathJoin(folderOf(id), id.String()+sumsEnding) }

// Path is the file of a body.
func (d *Disk) Path(id ID) string { return d.path(id) }

func (d *Disk) path(id ID) string { return d.o.FS.PathJoin(d.o.Dir, FileOf(d.o.FS, id)) }

// olderPath is where an older version has put a body.
func (d *Disk) olderPath(id ID) string { return strings.TrimSuffix(d.path(id), sumsEnding) }
